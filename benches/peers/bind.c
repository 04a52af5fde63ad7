/* bind MODE N: MODE listen is socket, bind to port 0, listen, close; asked is the same, and asks in
   between which port and which backlog it got; taken is socket, a bind that fails with EADDRINUSE,
   close. Prints microseconds for each. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

int main(int argc, char **argv) {
    int n = atoi(argv[2]), taken = !strcmp(argv[1], "taken"), asked = !strcmp(argv[1], "asked");
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof at;
    if (taken) {
        int first = socket(AF_INET, SOCK_STREAM, 0);
        bind(first, (struct sockaddr *)&at, sizeof at);
        listen(first, 128);
        getsockname(first, (struct sockaddr *)&at, &length);
    }
    double start = now();
    for (int i = 0; i < n; i++) {
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        int answer = bind(fd, (struct sockaddr *)&at, sizeof at);
        if (taken ? answer == 0 || errno != EADDRINUSE : answer || listen(fd, 128)) return 1;
        if (asked) {
            struct sockaddr_in got;
            struct tcp_info info;
            socklen_t room = sizeof got, size = sizeof info;
            if (getsockname(fd, (struct sockaddr *)&got, &room)) return 1;
            if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size)) return 1;
        }
        close(fd);
    }
    printf("%.3f\n", (now() - start) / n);
    return 0;
}
