/* Where a node keeps what it must not lose, and where it can be talked to (S1, S2).
 *
 * The directory is $XDG_STATE_HOME/howcoin/<port> (or ~/.local/state/howcoin/<port>), or the one that was given. It
 * holds `state.db` (store.h); `lock`, with the number of the process that holds it; `key`, the seed of the node's
 * identity; and `control`, a Unix socket. An ephemeral node has a directory for the socket only, under
 * $XDG_RUNTIME_DIR/howcoin or /tmp/howcoin-<uid>, which goes with it. There is also, for a directory that was given
 * by hand, a link to it by port.
 */
#ifndef HOWCOIN_DAEMON_STATE_DIR_H
#define HOWCOIN_DAEMON_STATE_DIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/limits.h"
#include "howcoin/error.h"
#include "howcoin/identity.h"

struct state_dir {
    char path[STATE_PATH_BYTES];
    char control[STATE_PATH_BYTES]; /* path/control; fits a Unix socket's address */
    char link[STATE_PATH_BYTES];    /* by which a port finds a directory that was given by hand; empty: none */
    int lock_fd;                    /* held while it is open; -1: not open */
    bool ephemeral;
};

/* Makes the directory (0700, and the ones above it) and takes its lock, for the life of the process or until
 * state_dir_close. `data_dir` may be NULL: the default one of the port. HC_IN_USE: another process holds it.
 * HC_BAD_PATH: its path is too long, or leads to something else. HC_SYSTEM: it cannot be made. After a failure there is
 * nothing to close. */
enum hc_code state_dir_open(struct state_dir *dir, uint16_t port, const char *data_dir, bool ephemeral,
                            struct hc_fault *fault) HC_MUST_USE;
/* Gives the lock back; removes an ephemeral directory. A zeroed struct with lock_fd -1 is fine. */
void state_dir_close(struct state_dir *dir);

/* Reads the key, or makes one if there is none; an ephemeral one is not written anywhere. HC_BAD_KEY: the file can be
 * read by others, or is damaged, or is missing beside a store: it is never replaced. `unused`: nothing was signed
 * with it yet. The identity is the caller's to wipe. */
enum hc_code state_dir_identity(const struct state_dir *dir, struct hc_identity *identity, bool *unused,
                                struct hc_fault *fault) HC_MUST_USE;
/* From now on the key may be used: a start that finds it without a store has lost the store (S4). */
void state_dir_key_used(const struct state_dir *dir);

/* The path of the control socket of a running node: in `data_dir` if given (not NULL); else in the default
 * directory of the port, the linked one or the ephemeral one, whichever answers first; else in the default one.
 * HC_BAD_PATH, HC_SYSTEM. */
enum hc_code state_dir_control_path(char *out, size_t size, uint16_t port, const char *data_dir,
                                    struct hc_fault *fault) HC_MUST_USE;

#endif
