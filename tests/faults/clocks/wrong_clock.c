/* A machine whose wall clock is wrong and that was booted again, for one process and its children.
 *
 * LIANKE_WALL_CLOCK names a file of four 64-bit numbers in the machine's byte order: nanoseconds by
 * which the wall clock is ahead, and parts per million by which it runs fast since the file's third
 * number, a reading of CLOCK_MONOTONIC in nanoseconds; the fourth is the CLOCK_BOOTTIME at which
 * this boot began, so that it starts at 0 again. The file is mapped, so a change counts at once.
 * CLOCK_MONOTONIC, by which programs wait, stays as it is; no time service keeps this clock.
 *
 * LIANKE_BOOT_ID names the file that is read in place of the kernel's random id of this boot.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))
#define SECOND 1000000000LL
#define NUMBERS 4
#define KERNEL_BOOT_ID "/proc/sys/kernel/random/boot_id"

static const volatile int64_t *wrong; /* ahead, ppm, since, booted */

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("LIANKE_WALL_CLOCK");
    if (!path)
        return;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    void *mapped = file < 0 ? MAP_FAILED : mmap(NULL, NUMBERS * sizeof *wrong, PROT_READ, MAP_SHARED, file, 0);
    if (mapped == MAP_FAILED) {
        dprintf(STDERR_FILENO, "wrong clock: cannot map %s\n", path);
        abort();
    }
    close(file);
    wrong = mapped;
}

static int64_t kernel_ns(clockid_t clock) {
    struct timespec now;
    syscall(SYS_clock_gettime, clock, &now);
    return now.tv_sec * SECOND + now.tv_nsec;
}

static int64_t wall_ns(void) {
    int64_t right = kernel_ns(CLOCK_REALTIME);
    if (!wrong)
        return right;
    int64_t drifted = (kernel_ns(CLOCK_MONOTONIC) - wrong[2]) / 1000000 * wrong[1];
    int64_t shown = right + wrong[0] + drifted;
    return shown < 0 ? 0 : shown;
}

EXPORT int clock_gettime(clockid_t clock, struct timespec *now) {
    int64_t shown;
    if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)
        shown = wall_ns();
    else if (clock == CLOCK_BOOTTIME && wrong)
        shown = kernel_ns(CLOCK_BOOTTIME) - wrong[3];
    else
        return (int)syscall(SYS_clock_gettime, clock, now);
    now->tv_sec = shown / SECOND;
    now->tv_nsec = shown % SECOND;
    return 0;
}

EXPORT int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    (void)zone;
    int64_t shown = wall_ns();
    now->tv_sec = shown / SECOND;
    now->tv_usec = shown % SECOND / 1000;
    return 0;
}

EXPORT time_t time(time_t *now) {
    time_t shown = wall_ns() / SECOND;
    if (now)
        *now = shown;
    return shown;
}

EXPORT int adjtimex(struct timex *state) {
    (void)state;
    if (!wrong)
        return (int)syscall(SYS_adjtimex, state);
    return TIME_ERROR;
}

/* Python opens what it reads with open64. */
EXPORT int open64(const char *path, int flags, ...) {
    mode_t mode = 0;
    if (flags & (O_CREAT | O_TMPFILE)) {
        va_list rest;
        va_start(rest, flags);
        mode = va_arg(rest, mode_t);
        va_end(rest);
    }
    const char *ours = getenv("LIANKE_BOOT_ID");
    if (ours && strcmp(path, KERNEL_BOOT_ID) == 0)
        path = ours;
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}
