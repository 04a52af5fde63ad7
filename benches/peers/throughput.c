/* throughput OVER SECONDS BLOCK: one thread writes blocks, another reads and counts, over TCP or a
   Unix stream pair. Prints gigabits a second, of what arrived. */
#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static int block;

static void *write_all(void *fd) {
    char *buffer = calloc(1, block);
    for (long n, sent;; ) {
        for (sent = 0; sent < block; sent += n)
            if ((n = write((int)(long)fd, buffer + sent, block - sent)) <= 0) return 0;
    }
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

int main(int argc, char **argv) {
    static char room[128 << 10];
    double seconds = atof(argv[2]);
    block = atoi(argv[3]);
    signal(SIGPIPE, SIG_IGN);
    int both[2];
    if (!strcmp(argv[1], "unix")) {
        if (socketpair(AF_UNIX, SOCK_STREAM, 0, both)) return 1;
    } else {
        struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        socklen_t length = sizeof at;
        int listener = socket(AF_INET, SOCK_STREAM, 0);
        both[0] = socket(AF_INET, SOCK_STREAM, 0);
        bind(listener, (struct sockaddr *)&at, sizeof at);
        listen(listener, 1);
        getsockname(listener, (struct sockaddr *)&at, &length);
        if (connect(both[0], (struct sockaddr *)&at, sizeof at)) return 1;
        both[1] = accept(listener, 0, 0);
    }
    pthread_t thread;
    pthread_create(&thread, 0, write_all, (void *)(long)both[1]);
    long n = read(both[0], room, sizeof room), total = 0;
    double start = now(), took = 0;
    while (took < seconds && (n = read(both[0], room, sizeof room)) > 0) {
        total += n;
        took = now() - start;
    }
    printf("%.3f\n", total * 8 / took / 1e9);
    return 0;
}
