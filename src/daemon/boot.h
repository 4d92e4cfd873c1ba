/* What a node starts from: its key, its store, and the rows in it. */
#ifndef HOWCOIN_DAEMON_BOOT_H
#define HOWCOIN_DAEMON_BOOT_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/disk.h"
#include "daemon/state_dir.h"
#include "howcoin/error.h"
#include "howcoin/node.h"

/* Makes the node of `config`, whose identity, seed and `recovering` are filled in here, and wiped in the end. Unless
 * the directory is ephemeral, its store goes to the disk, and what is in it into the node. `alone`: a node whose
 * store was lost does not wait until it has heard the network (S4). The fault is for people. After a failure *node
 * and the disk may be there all the same, and are the caller's to close. */
enum hc_code boot_node(struct hc_node **node, struct hc_node_config *config, struct disk *disk,
                       const struct state_dir *directory, bool alone, int64_t now_ms,
                       struct hc_fault *fault) HC_MUST_USE;

#endif
