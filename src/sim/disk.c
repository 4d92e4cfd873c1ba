/* The hosts' disks: commits that take time and can fail, and what a process that starts again finds. */
#include <stdlib.h>
#include <string.h>

#include "sim/world_parts.h"

#include "core/common/error.h"
#include "core/common/id.h"

void disk_commit_begin(struct world *world, size_t number, struct hc_row *row)
{
    struct host *host = &world->hosts[number];
    uint64_t max_ms = world->config.commit_max_ms;
    if (!host->durable) {
        return;
    }
    ASSERT(row && !host->committing); /* one commit at a time (S3) */
    host->committing = hc_row_ref(row);
    if (world->config.commits_hang) {
        return;
    }
    int64_t takes_ms = (int64_t)(max_ms ? random_below(&world->random, max_ms) : 0);
    world_happen(world, (struct happening){.kind = HAPPENS_COMMIT,
                                           .at_ms = host_work_ends_ms(world, host) + takes_ms,
                                           .host = number,
                                           .incarnation = host->incarnation});
}

void disk_commit_done(struct host *host)
{
    ASSERT(host->committing);
    hc_row_unref(host->disk_row);
    host->disk_row = host->committing;
    host->committing = NULL;
    host->signed_before = true;
}

/* A commit that failed may be on the disk or not. */
void disk_commit_failed(struct world *world, struct host *host)
{
    ASSERT(host->committing);
    if (random_below(&world->random, 2) == 0) {
        disk_commit_done(host);
    }
    hc_row_unref(host->committing);
    host->committing = NULL;
}

void world_commit_end(struct world *world, size_t number, bool ok)
{
    struct host *host = &world->hosts[number];
    struct hc_event event = {.kind = ok ? HC_EVENT_COMMITTED : HC_EVENT_COMMIT_FAILED};
    ASSERT(host->node && host->committing);
    if (ok) {
        disk_commit_done(host);
    } else {
        disk_commit_failed(world, host);
        event.text = "the disk failed";
    }
    (void)world_step(world, number, &event);
}

void disk_rows_free(struct hc_row ***rows, size_t *count)
{
    for (size_t i = 0; i < *count; i++) {
        hc_row_unref((*rows)[i]);
    }
    free(*rows);
    *rows = NULL;
    *count = 0;
}

/* Hands the node what its disk holds. */
void disk_restore(struct world *world, struct host *host, enum disk disk)
{
    ASSERT(host->node && disk != DISK_LOST);
    struct hc_row *own = disk == DISK_OLD ? host->old_disk_row : host->disk_row;
    struct hc_row **rows = disk == DISK_OLD ? host->old_disk_rows : host->disk_rows;
    size_t count = disk == DISK_OLD ? host->old_disk_count : host->disk_count;
    if (!own) {
        return;
    }
    struct hc_stored_row *stored = world_must(calloc(count + 1, sizeof *stored));
    stored[0] = (struct hc_stored_row){.row = own};
    for (size_t i = 0; i < count; i++) {
        stored[i + 1] = (struct hc_stored_row){.row = rows[i], .live = true};
    }
    if (hc_node_restore(host->node, stored, count + 1, host_clock(host, world->now_ms)) != HC_OK) {
        world_must(NULL);
    }
    free(stored);
}

/* What a store would hold of others: every row that the node knows. */
void disk_collect(struct host *host, struct hc_row ***rows, size_t *count)
{
    ASSERT(host->node);
    const struct table *table = node_table(host->node);
    disk_rows_free(rows, count);
    *rows = world_must(calloc(table->count * BRANCHES_MAX + 1, sizeof **rows));
    for (size_t i = 0; i < table->count; i++) {
        const struct entry *entry = &table->entries[i];
        if (!id_equal(entry_id(entry), host->identity.id)) {
            for (size_t b = 0; b < entry->branch_count; b++) {
                (*rows)[(*count)++] = hc_row_ref(entry->branches[b]);
            }
        }
    }
}

void world_copy_disk(struct world *world, size_t number)
{
    struct host *host = &world->hosts[number];
    if (host->node && host->disk_row) {
        disk_collect(host, &host->old_disk_rows, &host->old_disk_count);
        hc_row_unref(host->old_disk_row);
        host->old_disk_row = hc_row_ref(host->disk_row);
    }
}
