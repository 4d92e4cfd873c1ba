/* Changes on their way: which hosts know of a new row, and when the last one does. */
#include <stdlib.h>
#include <string.h>

#include "sim/measure_parts.h"

#include "core/common/error.h"
#include "core/common/id.h"

/* Where a change of the owner is followed, if it is. */
static struct follow *follow_place(struct run *run, const uint8_t *owner_id)
{
    return &run->follows[owner_id[0] % FOLLOWED_MAX];
}

/* All hosts know the change, or never will. */
void follow_end(struct run *run, struct follow *follow)
{
    ASSERT(follow->active && follow->known > 0);
    size_t known = 0;
    for (size_t step = 0; step <= CURVE_STEPS_MAX; step++) {
        known += follow->learned[step];
        run->shares[step][known * THOUSAND / (follow->known + follow->wanted)]++;
    }
    if (follow->wanted == 0) {
        times_add(run->spreads, world_now(run->world) - follow->since_ms);
    } else {
        run->measured->spread_unknown++;
    }
    follow->active = false;
}

void follow_begin(struct run *run, size_t owner, uint64_t version)
{
    ASSERT(run->running > 0 && world_host(run->world, owner)->node);
    struct follow *follow = follow_place(run, world_host(run->world, owner)->identity.id);
    if (follow->active) {
        return;
    }
    bool *done = follow->done ? follow->done : world_must(calloc(run->config->nodes, sizeof *done));
    *follow = (struct follow){.active = true,
                              .owner = owner,
                              .version = version,
                              .since_ms = world_now(run->world),
                              .done = done,
                              .known = 1,
                              .wanted = run->running - 1,
                              .learned = {1}};
    for (size_t i = 0; i < run->config->nodes; i++) {
        done[i] = i == owner || !world_host(run->world, i)->node;
    }
    if (follow->wanted == 0) {
        follow_end(run, follow); /* no other host runs */
    }
}

void follow_learn(struct run *run, size_t host, const struct hc_row *row)
{
    struct follow *follow = follow_place(run, row->fields.id);
    if (!follow->active || follow->done[host] || row->fields.version < follow->version ||
        !id_equal(world_host(run->world, follow->owner)->identity.id, row->fields.id)) {
        return;
    }
    int64_t step_ms = measure_step_ms(run->config);
    int64_t step = (world_now(run->world) - follow->since_ms + step_ms - 1) / step_ms;
    follow->done[host] = true;
    ASSERT(follow->wanted > 0 && step >= 0);
    follow->known++;
    follow->wanted--;
    if (step <= (int64_t)CURVE_STEPS_MAX) {
        follow->learned[step]++;
    }
    if (follow->wanted == 0) {
        follow_end(run, follow);
    }
}

/* A host that dies counts no more; a change of its own that not all know may be lost with it, until it comes back. */
void follow_mourn(struct run *run, size_t host)
{
    for (size_t i = 0; i < FOLLOWED_MAX; i++) {
        struct follow *follow = &run->follows[i];
        if (follow->active && follow->owner == host) {
            follow->active = false;
        } else if (follow->active && !follow->done[host]) {
            follow->done[host] = true;
            ASSERT(follow->wanted > 0);
            if (--follow->wanted == 0) {
                follow_end(run, follow);
            }
        }
    }
}
