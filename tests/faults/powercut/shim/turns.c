/* Whose turn it is: one thread of all recorded processes changes the watched folder at a time.
 *
 * The lock lies in a file beside the log, mapped by every process that writes into it. It is a
 * robust one: when its holder is killed, the kernel passes it on. */
#define _GNU_SOURCE
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

struct turns {
    int ready;
    pthread_mutex_t lock;
};

static struct turns *turns;

static void make(struct turns *new) {
    pthread_mutexattr_t kind;
    pthread_mutexattr_init(&kind);
    pthread_mutexattr_setpshared(&kind, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&kind, PTHREAD_MUTEX_ROBUST);
    pthread_mutexattr_settype(&kind, PTHREAD_MUTEX_ERRORCHECK);
    pthread_mutex_init(&new->lock, &kind);
    new->ready = 1;
}

void begin_turns(const char *log) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s.turns", log);
    int file = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    /* Several processes may begin at once: the first of them makes the lock. */
    if (file < 0 || flock(file, LOCK_EX) || syscall(SYS_ftruncate, file, sizeof *turns))
        give_up(path);
    void *mapped = (void *)syscall(
        SYS_mmap, NULL, sizeof *turns, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (mapped == MAP_FAILED)
        give_up(path);
    if (!((struct turns *)mapped)->ready)
        make(mapped);
    close(file);
    turns = mapped;
}

int take_turn(void) {
    int refused = turns ? pthread_mutex_lock(&turns->lock) : ENOENT;
    if (refused == EOWNERDEAD) {
        pthread_mutex_consistent(&turns->lock);
        log_unmodelled("a process killed while others go on"); /* changed, and not recorded? */
    } else if (refused == EDEADLK) {
        log_unmodelled("a signal handler that interrupts a change");
    }
    return turns && (!refused || refused == EOWNERDEAD);
}

void end_turn(const int *taken) {
    if (*taken)
        pthread_mutex_unlock(&turns->lock);
}
