/* connections MODE N: one thread, blocking, connect and accept in turn. MODE is close (each closed
   before the next), reset (the same with a RST) or hold. Prints seconds. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static void fail(const char *what) { perror(what); exit(1); }

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

int main(int argc, char **argv) {
    int n = atoi(argv[2]), hold = !strcmp(argv[1], "hold"), reset = !strcmp(argv[1], "reset");
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct linger abrupt = {1, 0};
    socklen_t length = sizeof at;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&at, sizeof at) || listen(listener, 128)) fail("listen");
    getsockname(listener, (struct sockaddr *)&at, &length);
    double start = now();
    for (int i = 0; i < n; i++) {
        int client = socket(AF_INET, SOCK_STREAM, 0), server;
        if (client < 0 || connect(client, (struct sockaddr *)&at, sizeof at)) fail("connect");
        if ((server = accept(listener, 0, 0)) < 0) fail("accept");
        if (hold) continue;
        if (reset) setsockopt(client, SOL_SOCKET, SO_LINGER, &abrupt, sizeof abrupt);
        close(client);
        close(server);
    }
    printf("%.9f\n", now() - start);
    return 0;
}
