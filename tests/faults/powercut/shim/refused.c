/* What no record can say: refused where callers know another way, else written down as such. */
#define _GNU_SOURCE
#include "shim.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int is_watched(int descriptor) {
    struct stat status;
    return watched(descriptor, &status);
}

/* Copies within the kernel: their callers fall back to read and write. */
EXPORT ssize_t sendfile64(int to, int from, off64_t *offset, size_t size) {
    if (!is_watched(to))
        return syscall(SYS_sendfile, to, from, offset, size);
    errno = ENOSYS;
    return -1;
}

EXPORT ssize_t copy_file_range(
    int from, off64_t *at, int to, off64_t *offset, size_t size, unsigned flags) {
    if (!is_watched(to))
        return syscall(SYS_copy_file_range, from, at, to, offset, size, flags);
    errno = ENOSYS;
    return -1;
}

EXPORT ssize_t splice(
    int from, off64_t *at, int to, off64_t *offset, size_t size, unsigned flags) {
    if (!is_watched(to))
        return syscall(SYS_splice, from, at, to, offset, size, flags);
    errno = EINVAL;
    return -1;
}

EXPORT int fallocate64(int descriptor, int mode, off64_t offset, off64_t size) {
    if (!is_watched(descriptor))
        return (int)syscall(SYS_fallocate, descriptor, mode, offset, size);
    errno = EOPNOTSUPP;
    return -1;
}

EXPORT int posix_fallocate64(int descriptor, off64_t offset, off64_t size) {
    if (is_watched(descriptor))
        return EOPNOTSUPP;
    return syscall(SYS_fallocate, descriptor, 0, offset, size) == 0 ? 0 : errno;
}

EXPORT int symlinkat(const char *target, int folder, const char *path) {
    struct entry entry;
    int failed = (int)syscall(SYS_symlinkat, target, folder, path);
    if (!failed && watched_entry(folder, path, &entry))
        log_unmodelled("symlink");
    return failed;
}

EXPORT int symlink(const char *target, const char *path) {
    return symlinkat(target, AT_FDCWD, path);
}

/* The C library's own files write behind this shim's back. */
EXPORT FILE *fopen64(const char *path, const char *mode) {
    FILE *(*real)(const char *, const char *) =
        (FILE * (*)(const char *, const char *)) dlsym(RTLD_NEXT, "fopen64");
    FILE *file = real(path, mode);
    if (file && strpbrk(mode, "wa+") && is_watched(fileno(file)))
        log_unmodelled("fopen");
    return file;
}

EXPORT FILE *fopen(const char *, const char *) __attribute__((alias("fopen64")));
EXPORT ssize_t sendfile(int, int, off_t *, size_t) __attribute__((alias("sendfile64")));
EXPORT int fallocate(int, int, off_t, off_t) __attribute__((alias("fallocate64")));
EXPORT int posix_fallocate(int, off_t, off_t) __attribute__((alias("posix_fallocate64")));
