/* What files contain: writes, truncations and syncs. */
#define _GNU_SOURCE
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SYNC_BEFORE_RETURN (O_SYNC | O_DSYNC)

static void log_synced(uint64_t file, uint64_t began) {
    log_record(&(struct record){.kind = SYNCED, .file = file, .first = began});
}

static void log_written(int descriptor, uint64_t file, off_t offset, const void *bytes, size_t size) {
    log_record(&(struct record){.kind = WRITTEN,
                                .file = file,
                                .first = (uint64_t)offset,
                                .rest = bytes,
                                .rest_length = size});
    if (fcntl(descriptor, F_GETFL) & SYNC_BEFORE_RETURN)
        log_unmodelled("write with O_SYNC"); /* durable, but not what was written before it */
}

/* The bytes that a vectored write has written, buffer by buffer. */
static void log_vector(
    int descriptor, uint64_t file, off_t offset, const struct iovec *parts, size_t written) {
    for (; written > 0; parts++) {
        size_t size = parts->iov_len < written ? parts->iov_len : written;
        if (size)
            log_written(descriptor, file, offset, parts->iov_base, size);
        offset += (off_t)size;
        written -= size;
    }
}

/* Where a write that moved the descriptor's position began; right for O_APPEND, too. */
static off_t began_at(int descriptor, ssize_t written) {
    return lseek(descriptor, 0, SEEK_CUR) - written;
}

/* Where a write to an offset began: under O_APPEND Linux appends all the same. */
static off_t placed_at(int descriptor, off_t offset, ssize_t written) {
    struct stat status;
    if (!(fcntl(descriptor, F_GETFL) & O_APPEND) || fstat(descriptor, &status) != 0)
        return offset;
    return status.st_size - written;
}

EXPORT ssize_t write(int descriptor, const void *bytes, size_t size) {
    struct stat status;
    if (!watched(descriptor, &status))
        return syscall(SYS_write, descriptor, bytes, size);
    IN_TURN;
    ssize_t written = syscall(SYS_write, descriptor, bytes, size);
    if (written > 0)
        log_written(
            descriptor, status.st_ino, began_at(descriptor, written), bytes, (size_t)written);
    return written;
}

EXPORT ssize_t writev(int descriptor, const struct iovec *parts, int count) {
    struct stat status;
    if (!watched(descriptor, &status))
        return syscall(SYS_writev, descriptor, parts, count);
    IN_TURN;
    ssize_t written = syscall(SYS_writev, descriptor, parts, count);
    if (written > 0)
        log_vector(
            descriptor, status.st_ino, began_at(descriptor, written), parts, (size_t)written);
    return written;
}

EXPORT ssize_t pwrite64(int descriptor, const void *bytes, size_t size, off64_t offset) {
    struct stat status;
    if (!watched(descriptor, &status))
        return syscall(SYS_pwrite64, descriptor, bytes, size, offset);
    IN_TURN;
    ssize_t written = syscall(SYS_pwrite64, descriptor, bytes, size, offset);
    if (written > 0)
        log_written(
            descriptor,
            status.st_ino,
            placed_at(descriptor, offset, written),
            bytes,
            (size_t)written);
    return written;
}

EXPORT ssize_t pwritev64v2(
    int descriptor, const struct iovec *parts, int count, off64_t offset, int flags) {
    struct stat status;
    if (!watched(descriptor, &status))
        return syscall(SYS_pwritev2, descriptor, parts, count, offset, 0L, flags);
    IN_TURN;
    ssize_t written = syscall(SYS_pwritev2, descriptor, parts, count, offset, 0L, flags);
    if (written > 0) {
        off_t start = offset == -1 ? began_at(descriptor, written)
                                   : placed_at(descriptor, offset, written);
        if (flags)
            log_unmodelled("pwritev2 with flags");
        log_vector(descriptor, status.st_ino, start, parts, (size_t)written);
    }
    return written;
}

EXPORT ssize_t pwritev64(int descriptor, const struct iovec *parts, int count, off64_t offset) {
    return pwritev64v2(descriptor, parts, count, offset, 0);
}

EXPORT int ftruncate64(int descriptor, off64_t size) {
    struct stat status;
    if (!watched(descriptor, &status))
        return (int)syscall(SYS_ftruncate, descriptor, size);
    IN_TURN;
    int failed = (int)syscall(SYS_ftruncate, descriptor, size);
    if (!failed)
        log_record(&(struct record){
            .kind = TRUNCATED, .file = status.st_ino, .first = (uint64_t)size});
    return failed;
}

EXPORT int truncate64(const char *path, off64_t size) {
    int descriptor = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CLOEXEC);
    if (descriptor < 0)
        return -1;
    int failed = ftruncate64(descriptor, size);
    int kept = errno;
    syscall(SYS_close, descriptor);
    errno = kept;
    return failed;
}

/* How long the log is when every change that was made until now stands in it. */
static uint64_t log_length_now(void) {
    IN_TURN;
    return log_length();
}

/* What was in the log when the sync began is durable when it has succeeded; what came while it
 * ran may be or not. So others write on meanwhile, as they would without the shim. */
static int synced(int descriptor, long how) {
    struct stat status;
    if (!watched(descriptor, &status))
        return (int)syscall(how, descriptor);
    uint64_t began = log_length_now();
    int failed = (int)syscall(how, descriptor);
    if (!failed)
        log_synced(status.st_ino, began);
    return failed;
}

EXPORT int fsync(int descriptor) { return synced(descriptor, SYS_fsync); }

EXPORT int fdatasync(int descriptor) { return synced(descriptor, SYS_fdatasync); }

/* Whether this is a write-ahead log's index: memory that no power cut leaves behind. */
static int is_index(int descriptor) {
    char path[PATH_MAX];
    size_t length = path_of(descriptor, path);
    return length > 4 && strcmp(path + length - 4, "-shm") == 0;
}

EXPORT void *mmap64(void *at, size_t size, int access, int flags, int descriptor, off64_t offset) {
    struct stat status;
    void *mapped = (void *)syscall(SYS_mmap, at, size, access, flags, descriptor, offset);
    if (mapped != MAP_FAILED && descriptor >= 0 && (flags & MAP_SHARED) && (access & PROT_WRITE) &&
        watched(descriptor, &status) && !is_index(descriptor))
        log_unmodelled("mmap");
    return mapped;
}

/* Where off_t has 64 bits both names mean one function. */
EXPORT ssize_t pwrite(int, const void *, size_t, off_t) __attribute__((alias("pwrite64")));
EXPORT ssize_t pwritev(int, const struct iovec *, int, off_t) __attribute__((alias("pwritev64")));
EXPORT ssize_t pwritev2(int, const struct iovec *, int, off_t, int)
    __attribute__((alias("pwritev64v2")));
EXPORT int ftruncate(int, off_t) __attribute__((alias("ftruncate64")));
EXPORT int truncate(const char *, off_t) __attribute__((alias("truncate64")));
EXPORT void *mmap(void *, size_t, int, int, int, off_t) __attribute__((alias("mmap64")));
