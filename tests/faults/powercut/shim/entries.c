/* Which files there are: creations, removals, renames and links. */
#define _GNU_SOURCE
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static void log_entry(
    enum kind kind, const struct entry *entry, const struct stat *status, uint64_t second) {
    log_record(&(struct record){.kind = kind,
                                .file = status ? status->st_ino : 0,
                                .first = entry->folder,
                                .second = second,
                                .name = entry->name});
}

static int raw_open(int folder, const char *path, int flags, mode_t mode) {
    return (int)syscall(SYS_openat, folder, path, flags, mode);
}

/* O_EXCL tells whether it was us who made the file. */
static int open_or_create(int folder, const char *path, int flags, mode_t mode, int *created) {
    int descriptor = raw_open(folder, path, flags | O_EXCL, mode);
    *created = descriptor >= 0;
    if (descriptor >= 0 || errno != EEXIST || (flags & O_EXCL))
        return descriptor;
    return raw_open(folder, path, flags, mode);
}

static int open_watching(int folder, const char *path, int flags, mode_t mode) {
    struct entry entry;
    struct stat status;
    int created = 0;
    if (!(flags & (O_CREAT | O_TRUNC)) || !watched_entry(folder, path, &entry))
        return raw_open(folder, path, flags, mode);
    IN_TURN;
    watched_entry(folder, path, &entry); /* once more: its folder may have moved meanwhile */
    int descriptor = flags & O_CREAT ? open_or_create(folder, path, flags, mode, &created)
                                     : raw_open(folder, path, flags, mode);
    if (descriptor < 0 || !watched(descriptor, &status))
        return descriptor;
    if (created)
        log_entry(CREATED, &entry, &status, status.st_mode);
    else if (flags & O_TRUNC)
        log_record(&(struct record){.kind = TRUNCATED, .file = status.st_ino});
    return descriptor;
}

EXPORT int openat64(int folder, const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    return open_watching(folder, path, flags, mode);
}

EXPORT int open64(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    return open_watching(AT_FDCWD, path, flags, mode);
}

EXPORT int creat64(const char *path, mode_t mode) {
    return open_watching(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

/* What callers compiled with _FORTIFY_SOURCE use where they pass no mode. */
EXPORT int __open64_2(const char *path, int flags) {
    return open_watching(AT_FDCWD, path, flags, 0);
}

EXPORT int __openat64_2(int folder, const char *path, int flags) {
    return open_watching(folder, path, flags, 0);
}

EXPORT int mkdirat(int folder, const char *path, mode_t mode) {
    struct entry entry;
    struct stat status;
    IN_TURN;
    int failed = (int)syscall(SYS_mkdirat, folder, path, mode);
    if (!failed && watched_entry(folder, path, &entry) &&
        fstatat(folder, path, &status, AT_SYMLINK_NOFOLLOW) == 0)
        log_entry(MADE, &entry, &status, status.st_mode);
    return failed;
}

EXPORT int mkdir(const char *path, mode_t mode) { return mkdirat(AT_FDCWD, path, mode); }

EXPORT int unlinkat(int folder, const char *path, int flags) {
    struct entry entry;
    IN_TURN;
    int failed = (int)syscall(SYS_unlinkat, folder, path, flags);
    if (!failed && watched_entry(folder, path, &entry))
        log_entry(REMOVED, &entry, NULL, 0);
    return failed;
}

EXPORT int unlink(const char *path) { return unlinkat(AT_FDCWD, path, 0); }

EXPORT int rmdir(const char *path) { return unlinkat(AT_FDCWD, path, AT_REMOVEDIR); }

EXPORT int remove(const char *path) {
    int failed = unlink(path);
    return failed && errno == EISDIR ? rmdir(path) : failed;
}

EXPORT int linkat(int from, const char *old, int to, const char *path, int flags) {
    struct entry entry;
    struct stat status;
    IN_TURN;
    int failed = (int)syscall(SYS_linkat, from, old, to, path, flags);
    if (!failed && watched_entry(to, path, &entry) && fstatat(to, path, &status, 0) == 0)
        log_entry(LINKED, &entry, &status, 0);
    return failed;
}

EXPORT int link(const char *old, const char *path) {
    return linkat(AT_FDCWD, old, AT_FDCWD, path, 0);
}

/* A name that leaves the watched folder is gone; what comes in has a past that nobody recorded. */
static void log_renamed(const struct entry *old, int left, const struct entry *new, int arrived) {
    if (left && arrived)
        log_record(&(struct record){.kind = RENAMED,
                                    .first = old->folder,
                                    .second = new->folder,
                                    .name = old->name,
                                    .rest = new->name,
                                    .rest_length = strlen(new->name)});
    else if (left)
        log_entry(REMOVED, old, NULL, 0);
    else if (arrived)
        log_unmodelled("rename into the watched folder");
}

EXPORT int renameat2(int from, const char *old, int to, const char *new, unsigned flags) {
    struct entry source, target;
    IN_TURN;
    int left = watched_entry(from, old, &source);
    int arrived = watched_entry(to, new, &target);
    int failed = (int)syscall(SYS_renameat2, from, old, to, new, flags);
    if (failed)
        return failed;
    if ((flags & RENAME_EXCHANGE) && (left || arrived))
        log_unmodelled("renameat2 with RENAME_EXCHANGE");
    else
        log_renamed(&source, left, &target, arrived);
    return 0;
}

EXPORT int renameat(int from, const char *old, int to, const char *new) {
    return renameat2(from, old, to, new, 0);
}

EXPORT int rename(const char *old, const char *new) {
    return renameat2(AT_FDCWD, old, AT_FDCWD, new, 0);
}

/* Where off_t has 64 bits both names mean one function. */
EXPORT int open(const char *, int, ...) __attribute__((alias("open64")));
EXPORT int openat(int, const char *, int, ...) __attribute__((alias("openat64")));
EXPORT int creat(const char *, mode_t) __attribute__((alias("creat64")));
EXPORT int __open_2(const char *, int) __attribute__((alias("__open64_2")));
EXPORT int __openat_2(int, const char *, int) __attribute__((alias("__openat64_2")));
