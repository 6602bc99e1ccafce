/* The power-cut shim: what its parts know of each other.
 *
 * Preloaded into a process, the shim passes every call on to the kernel and writes down, in a log
 * outside the watched folder, what the call has changed there. A program that reads the log afterwards
 * (disk.py) knows what had been synced at any moment and what had not, and so what a power cut at
 * that moment may leave. The shim itself forgets nothing and breaks nothing.
 *
 * Order. A record is written after its change and before the call returns. So whatever a program
 * did "after" something else, in any thread or process, stands after it in the log; changes that
 * race with each other stand in either order, as they would on a disk. No lock is needed for that,
 * so fork, vfork and kill -9 at any instruction are harmless.
 *
 * State. There is none but the log's descriptor: which file a descriptor means is asked of the
 * kernel each time. dup, inherited descriptors and closed ones need no book-keeping.
 */
#ifndef LIANKE_POWERCUT_SHIM_H
#define LIANKE_POWERCUT_SHIM_H

#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/uio.h>

#define EXPORT __attribute__((visibility("default")))

/* The kinds of records; records.py reads them. */
enum kind {
    CREATED = 'C',   /* file: new file, first: its folder, second: mode, name */
    MADE = 'D',      /* file: new folder, first: its folder, second: mode, name */
    WRITTEN = 'W',   /* file, first: offset, rest: the bytes */
    TRUNCATED = 'T', /* file, first: size */
    SYNCED = 'S',    /* file or folder, first: length of the log when the sync began */
    RENAMED = 'R',   /* first: old folder, second: new folder, name: old, rest: new name */
    REMOVED = 'U',   /* first: folder, name */
    LINKED = 'L',    /* file, first: folder, name */
    UNMODELLED = '!' /* name: the function that did what no record can say */
};

struct record {
    enum kind kind;
    uint64_t file, first, second;
    const char *name;
    const void *rest;
    size_t rest_length;
};

/* An entry of a folder: what the last part of a path means. */
struct entry {
    uint64_t folder;
    char name[256];
};

/* Whether an open file or folder lies in the watched folder; fills status when it does. */
int watched(int descriptor, struct stat *status);

/* Whether a path names an entry in the watched folder or below it; fills entry when it does. */
int watched_entry(int folder, const char *path, struct entry *entry);

/* The kernel's name of an open file, and its length; empty when there is none. */
size_t path_of(int descriptor, char path[PATH_MAX]);

/* How long the log is now. */
uint64_t log_length(void);

/* Append a record; ends the process when that fails, for a log with holes would prove nothing. */
void log_record(const struct record *record);

/* Append that a function did what cannot be modelled. */
void log_unmodelled(const char *function);

#endif
