/* The order of a start: the key, then the store that must be the key's, then a node with the rows in it. */
#include "daemon/boot.h"

#include <sodium.h>
#include <stdio.h>

#include "core/common/error.h"
#include "daemon/clock.h"
#include "daemon/store.h"
#include "howcoin/identity.h"
#include "howcoin/network.h"

/* What was stored, and what that says of the key. */
struct stored {
    struct hc_stored_row *rows;
    size_t count;
    bool key_is_unused; /* nothing was signed with it yet */
    bool lost;          /* the key has a past that the store knows nothing of */
};

/* Opens the store, and reads what is in it. */
static enum hc_code boot_store(struct stored *stored, const struct hc_node_config *config, struct disk *disk,
                               const struct state_dir *directory, struct hc_fault *fault)
{
    char path[STATE_PATH_BYTES + sizeof STORE_FILE];
    struct store *store;
    (void)snprintf(path, sizeof path, "%s/" STORE_FILE, directory->path);
    enum hc_code code =
        store_open(&store, path, hc_network_id(config->network), config->identity.id, stored->key_is_unused, fault);
    if (code == HC_OK) {
        code = store_load(store, &stored->rows, &stored->count, clock_day_ms() / 1000, fault);
        stored->lost = store_is_lost(store);
        disk_use(disk, store);
    }
    return code;
}

static enum hc_code make_node(struct hc_node **node, const struct hc_node_config *config, const struct stored *stored,
                              int64_t now_ms, struct hc_fault *fault)
{
    enum hc_code code = hc_node_new(node, config);
    if (code == HC_OK) {
        code = hc_node_restore(*node, stored->rows, stored->count, now_ms);
    }
    if (code == HC_BAD_TAG) {
        return fault_set(fault, code,
                         "with the tags that this node has from before, those of --tag are more than %u bytes: take "
                         "some away with --tag KEY=",
                         HC_TAGS_BYTES_MAX);
    }
    return code == HC_OK ? HC_OK : fault_set(fault, code, "out of memory");
}

enum hc_code boot_node(struct hc_node **node, struct hc_node_config *config, struct disk *disk,
                       const struct state_dir *directory, bool alone, int64_t now_ms, struct hc_fault *fault)
{
    struct stored stored = {.rows = NULL};
    ASSERT(directory->lock_fd >= 0 && config->durable == !directory->ephemeral);
    *node = NULL;
    enum hc_code code = state_dir_identity(directory, &config->identity, &stored.key_is_unused, fault);
    if (code == HC_OK && !directory->ephemeral) {
        code = boot_store(&stored, config, disk, directory, fault);
    }
    if (code == HC_OK) {
        state_dir_key_used(directory); /* the store has taken note of it */
        config->recovering = stored.lost && !alone;
        randombytes_buf(config->seed, sizeof config->seed);
        code = make_node(node, config, &stored, now_ms, fault);
    }
    store_rows_free(stored.rows, stored.count);
    hc_identity_wipe(&config->identity);
    sodium_memzero(config->seed, sizeof config->seed);
    return code;
}
