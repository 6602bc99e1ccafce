/* The power-cut shim: what its parts know of each other.
 *
 * Preloaded into a process, the shim passes every call on to the kernel and writes down, in a log
 * outside the watched folder, what the call has changed there. A program that reads the log afterwards
 * (disk.py) knows what had been synced at any moment and what had not, and so what a power cut at
 * that moment may leave. The shim itself forgets nothing and breaks nothing.
 *
 * Order. A record is written after its change and before the call returns, and no other recorded
 * thread or process changes anything between the two: calls take turns (turns.c). So the records
 * stand in the order in which the kernel made the changes. Without turns one thread's record of a
 * new file could come after what another has written into it already, and a replay would begin
 * that file anew. Syncs take no turn: what they cover is settled when they begin.
 *
 * State. There is none but the log's descriptor and whose turn it is: which file a descriptor means
 * is asked of the kernel each time. dup, inherited descriptors and closed ones need no
 * book-keeping, and fork, vfork and kill -9 at any instruction leave nobody waiting.
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

/* For the rest of this block nobody else's change comes between a change and its record. */
#define IN_TURN __attribute__((cleanup(end_turn), unused)) int turn = take_turn()

/* Prepare the turns of all who write into this log; before the first is taken. */
void begin_turns(const char *log);

/* Wait for a turn; whether it was taken, for end_turn. */
int take_turn(void);

void end_turn(const int *taken);

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

/* End the process: what could not be done is needed for a true log. */
void give_up(const char *what);

/* Append that a function did what cannot be modelled. */
void log_unmodelled(const char *function);

#endif
