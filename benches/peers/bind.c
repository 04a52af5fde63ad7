/* bind MODE N: MODE listen is socket, bind to port 0, listen, close; taken is socket, a bind that
   fails with EADDRINUSE, close. Prints microseconds for each. */
#include <arpa/inet.h>
#include <errno.h>
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
    int n = atoi(argv[2]), taken = !strcmp(argv[1], "taken");
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
        close(fd);
    }
    printf("%.3f\n", (now() - start) / n);
    return 0;
}
