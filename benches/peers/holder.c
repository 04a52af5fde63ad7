/* holder N K: K processes hold N loopback connections between them, both ends each. Says "ready",
   and goes when its input ends. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static int fail(const char *what) { perror(what); _exit(1); }

static void hold(int n) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof at;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&at, sizeof at) || listen(listener, 128)) fail("listen");
    getsockname(listener, (struct sockaddr *)&at, &length);
    for (int i = 0; i < n; i++) {
        int client = socket(AF_INET, SOCK_STREAM, 0);
        if (client < 0 || connect(client, (struct sockaddr *)&at, sizeof at)) fail("connect");
        if (accept(listener, 0, 0) < 0) fail("accept");
    }
}

int main(int argc, char **argv) {
    int n = atoi(argv[1]), k = argc > 2 ? atoi(argv[2]) : 1;
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    int ready[2];
    char byte;
    if (pipe(ready)) fail("pipe");
    for (int i = 0; i < k; i++)
        if (fork() == 0) {
            close(ready[0]);
            hold(n / k + (i < n % k));
            if (write(ready[1], "r", 1) != 1) fail("write");
            close(ready[1]);
            /* Every holder reads the same end of file. */
            if (read(0, &byte, 1)) {}
            _exit(0);
        }
    close(ready[1]);
    for (int i = 0; i < k; i++)
        if (read(ready[0], &byte, 1) != 1) return 1;
    puts("ready");
    fflush(stdout);
    while (wait(0) > 0) {}
    return 0;
}
