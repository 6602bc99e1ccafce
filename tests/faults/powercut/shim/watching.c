/* What is watched, and the log. */
#define _GNU_SOURCE
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

_Static_assert(sizeof(long) == 8, "offsets are passed to the kernel in one register");

#define MAGIC 0x7443657750696bu
#define HIGH_DESCRIPTOR 500 /* out of the way of programs that count theirs from three */

struct header {
    uint64_t magic, kind, file, first, second;
    uint32_t name_length, rest_length;
};

static char folder[PATH_MAX];
static size_t folder_length;
static int log_descriptor = -1;

void give_up(const char *what) {
    dprintf(STDERR_FILENO, "powercut: %s: %s\n", what, strerror(errno));
    abort();
}

__attribute__((constructor)) static void begin(void) {
    const char *watch = getenv("LIANKE_POWERCUT_FOLDER");
    const char *log = getenv("LIANKE_POWERCUT_LOG");
    if (!watch || !log)
        return;
    if (!realpath(watch, folder))
        give_up(watch);
    folder_length = strlen(folder);
    begin_turns(log);
    int low = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_APPEND | O_CLOEXEC);
    if (low < 0)
        give_up(log);
    log_descriptor = fcntl(low, F_DUPFD_CLOEXEC, HIGH_DESCRIPTOR);
    if (log_descriptor < 0)
        give_up(log);
    close(low);
}

size_t path_of(int descriptor, char path[PATH_MAX]) {
    char link[32];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    path[length < 0 ? 0 : length] = 0;
    return strlen(path);
}

static int lies_below(int descriptor) {
    char path[PATH_MAX];
    path_of(descriptor, path);
    return strncmp(path, folder, folder_length) == 0 &&
           (path[folder_length] == '/' || path[folder_length] == 0);
}

int watched(int descriptor, struct stat *status) {
    if (log_descriptor < 0)
        return 0;
    int kept = errno;
    int found = fstat(descriptor, status) == 0 &&
                (S_ISREG(status->st_mode) || S_ISDIR(status->st_mode)) && lies_below(descriptor);
    errno = kept;
    return found;
}

int watched_entry(int from, const char *path, struct entry *entry) {
    char parent[PATH_MAX];
    size_t length = strnlen(path, sizeof parent);
    if (log_descriptor < 0 || length == sizeof parent)
        return 0;
    while (length > 1 && path[length - 1] == '/')
        length--;
    size_t start = length;
    while (start > 0 && path[start - 1] != '/')
        start--;
    if (length - start >= sizeof entry->name)
        return 0;
    memcpy(entry->name, path + start, length - start);
    entry->name[length - start] = 0;
    memcpy(parent, path, start);
    strcpy(parent + start, start ? "" : ".");

    int kept = errno, found = 0;
    int opened = (int)syscall(SYS_openat, from, parent, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (opened >= 0) {
        struct stat status;
        found = watched(opened, &status);
        entry->folder = status.st_ino;
        syscall(SYS_close, opened);
    }
    errno = kept;
    return found;
}

uint64_t log_length(void) {
    struct stat status;
    if (fstat(log_descriptor, &status) != 0)
        give_up("log");
    return (uint64_t)status.st_size;
}

void log_record(const struct record *record) {
    int kept = errno;
    size_t name_length = record->name ? strlen(record->name) : 0;
    struct header header = {MAGIC,
                            (uint64_t)record->kind,
                            record->file,
                            record->first,
                            record->second,
                            (uint32_t)name_length,
                            (uint32_t)record->rest_length};
    struct iovec parts[] = {{&header, sizeof header},
                            {(void *)record->name, name_length},
                            {(void *)record->rest, record->rest_length}};
    ssize_t whole = (ssize_t)(sizeof header + name_length + record->rest_length);
    /* One call: the kernel appends it whole, between those of other threads and processes. */
    if (syscall(SYS_writev, log_descriptor, parts, 3) != whole)
        give_up("log");
    errno = kept;
}

void log_unmodelled(const char *function) {
    log_record(&(struct record){.kind = UNMODELLED, .name = function});
}
