/* rtt BYTES SAMPLES WARM_UP: round trips between two blocking threads over one TCP connection with
   TCP_NODELAY. Prints the 50th, 99th and 99.9th percentile in microseconds. */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static int bytes;

static int whole(int fd, char *buffer) {
    for (int n, got = 0; got < bytes; got += n)
        if ((n = read(fd, buffer + got, bytes - got)) <= 0) return 0;
    return 1;
}

static void *echo(void *fd) {
    char *buffer = malloc(bytes);
    while (whole((int)(long)fd, buffer) && write((int)(long)fd, buffer, bytes) == bytes) {}
    return 0;
}

static int ascending(const void *a, const void *b) {
    double x = *(double *)a, y = *(double *)b;
    return (x > y) - (x < y);
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

int main(int argc, char **argv) {
    bytes = atoi(argv[1]);
    int samples = atoi(argv[2]), warm_up = atoi(argv[3]), one = 1;
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof at;
    int listener = socket(AF_INET, SOCK_STREAM, 0), here = socket(AF_INET, SOCK_STREAM, 0);
    bind(listener, (struct sockaddr *)&at, sizeof at);
    listen(listener, 1);
    getsockname(listener, (struct sockaddr *)&at, &length);
    if (connect(here, (struct sockaddr *)&at, sizeof at)) return 1;
    int there = accept(listener, 0, 0);
    setsockopt(here, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    setsockopt(there, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    pthread_t thread;
    pthread_create(&thread, 0, echo, (void *)(long)there);
    char *buffer = calloc(1, bytes);
    double *taken = malloc(samples * sizeof *taken);
    for (int i = -warm_up; i < samples; i++) {
        double start = now();
        if (write(here, buffer, bytes) != bytes || !whole(here, buffer)) return 1;
        if (i >= 0) taken[i] = now() - start;
    }
    qsort(taken, samples, sizeof *taken, ascending);
    printf("%.3f %.3f %.3f\n", taken[samples / 2], taken[samples * 99L / 100],
           taken[samples * 999L / 1000]);
    return 0;
}
