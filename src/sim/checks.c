/* What must hold after every step: each check says in words what it found. */
#include "sim/checks.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/common/array.h"
#include "core/common/error.h"
#include "core/common/memory.h"

/* A reply can arrive this long after its sender died: the asker's two tries, a late message, a slow clock. */
#define LAST_WORDS_MS 12000

struct signed_row {
    uint64_t version;
    uint8_t hash[HC_HASH_BYTES];
};

/* Every row that an honest owner signed, ascending by version; and what this host holds of others. */
struct owner_history {
    struct signed_row *rows;
    size_t count, capacity;
    bool excused;
    uint64_t *seen; /* of each owner, the greatest version that this host's process has held */
    uint64_t incarnation;
};

static void wrong(struct checks *checks, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void wrong(struct checks *checks, const char *format, ...)
{
    va_list arguments;
    if (checks->wrong[0] != '\0') {
        return;
    }
    va_start(arguments, format);
    vsnprintf(checks->wrong, sizeof checks->wrong, format, arguments);
    va_end(arguments);
}

void checks_init(struct checks *checks, const struct world *world)
{
    *checks = (struct checks){.owner_count = world_host_count(world)};
    checks->owners = world_must(calloc(checks->owner_count, sizeof *checks->owners));
    for (size_t i = 0; i < checks->owner_count; i++) {
        checks->owners[i].seen = world_must(calloc(checks->owner_count, sizeof *checks->owners[i].seen));
    }
}

void checks_free(struct checks *checks)
{
    for (size_t i = 0; i < checks->owner_count; i++) {
        memory_free(checks->owners[i].rows);
        free(checks->owners[i].seen);
    }
    free(checks->owners);
}

void checks_excuse(struct checks *checks, size_t host)
{
    ASSERT(host < checks->owner_count);
    checks->owners[host].excused = true;
}

bool checks_is_excused(const struct checks *checks, size_t host)
{
    ASSERT(host < checks->owner_count);
    return checks->owners[host].excused;
}

static const struct signed_row *history_find(const struct owner_history *owner, uint64_t version)
{
    size_t low = 0, high = owner->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (owner->rows[middle].version == version) {
            return &owner->rows[middle];
        }
        if (owner->rows[middle].version < version) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

/* S3: a new row of an honest owner has a version above all before. */
static void check_own(struct checks *checks, struct world *world, size_t host)
{
    struct owner_history *owner = &checks->owners[world_find_id(world, world_host(world, host)->identity.id)];
    const struct entry *entry =
        table_find(node_table(world_host(world, host)->node), world_host(world, host)->identity.id);
    if (!entry || owner->excused) {
        return;
    }
    const struct hc_row *row = entry_row(entry);
    const struct signed_row *known = history_find(owner, row->fields.version);
    if (known) {
        if (memcmp(known->hash, row->hash, HC_HASH_BYTES) != 0) {
            wrong(checks, "host %zu used version %" PRIu64 " twice, for different rows (S3)", host,
                  row->fields.version);
        }
        return;
    }
    if (owner->count > 0 && owner->rows[owner->count - 1].version > row->fields.version) {
        wrong(checks, "host %zu went back to version %" PRIu64 " (S4)", host, row->fields.version);
        return;
    }
    CHECK(ARRAY_RESERVE(owner->rows, owner->capacity, owner->count + 1));
    struct signed_row *added = &owner->rows[owner->count++];
    ASSERT(owner->count < 2 || added[-1].version < row->fields.version); /* history_find needs their order */
    added->version = row->fields.version;
    memcpy(added->hash, row->hash, HC_HASH_BYTES);
}

/* A row is one that its owner signed, and its version never goes back while the process runs. */
static void check_row(struct checks *checks, struct world *world, size_t host, const struct entry *entry)
{
    const struct hc_row *row = entry_row(entry);
    size_t of = world_find_id(world, row->fields.id);
    if (of == SIZE_MAX) {
        return; /* an id that a liar made up: it signs for itself */
    }
    const struct owner_history *owner = &checks->owners[of];
    uint64_t *seen = &checks->owners[host].seen[of];
    if (row->fields.version < *seen) {
        wrong(checks, "host %zu went back from version %" PRIu64 " of host %zu to %" PRIu64, host, *seen, of,
              row->fields.version);
    }
    *seen = row->fields.version;
    if (owner->excused) {
        return;
    }
    const struct signed_row *known = history_find(owner, row->fields.version);
    if (!known || memcmp(known->hash, row->hash, HC_HASH_BYTES) != 0) {
        wrong(checks, "host %zu holds a row of host %zu, version %" PRIu64 ", that its owner never told", host, of,
              row->fields.version);
    }
    if (entry_is_forked(entry)) {
        wrong(checks, "host %zu holds honest host %zu as forked (M6)", host, of);
    }
}

static void check_rows(struct checks *checks, struct world *world, size_t host)
{
    struct owner_history *mine = &checks->owners[host];
    const struct table *table = node_table(world_host(world, host)->node);
    if (mine->incarnation != world_host(world, host)->incarnation) {
        mine->incarnation = world_host(world, host)->incarnation;
        memset(mine->seen, 0, checks->owner_count * sizeof *mine->seen);
    }
    for (size_t of = 0; of < checks->owner_count; of++) {
        if (!table_find(table, world_host(world, of)->identity.id)) {
            mine->seen[of] = 0; /* forgotten (P10) */
        }
    }
    for (size_t i = 0; i < table->count; i++) {
        checks->crowded = checks->crowded || table->entries[i].branch_count == BRANCHES_MAX;
        check_row(checks, world, host, &table->entries[i]);
    }
    if (table->count > HC_ROWS_MAX) {
        wrong(checks, "host %zu has %zu rows", host, table->count);
    }
}

void checks_step(struct checks *checks, struct world *world, size_t host, const struct hc_effects *effects)
{
    ASSERT(host < checks->owner_count);
    checks->steps++;
    if (!world_host(world, host)->node || checks->wrong[0] != '\0') {
        return;
    }
    if (!node_verify(world_host(world, host)->node)) {
        wrong(checks, "host %zu does not verify: table, ledger (L4) or members contradict themselves", host);
    }
    check_own(checks, world, host);
    check_rows(checks, world, host);
    for (size_t i = 0; i < effects->send_count; i++) {
        const struct hc_message *message = &effects->sends[i].message;
        if (message->state && hc_wire_size(message) > HC_FRAME_BYTES_MAX) {
            wrong(checks, "host %zu sends %zu bytes in one frame", host, hc_wire_size(message));
        }
    }
}

/* P5: no host comes back that has been dead for longer than its last message can travel. */
void checks_notice(struct checks *checks, struct world *world, size_t host, const struct hc_notice *notice)
{
    if (notice->kind != HC_NOTICE_RETURNED) {
        return;
    }
    checks->returns++;
    size_t of = world_find_id(world, notice->row->fields.id);
    if (of == SIZE_MAX || checks->owners[of].excused) {
        return;
    }
    const struct host *back = world_host(world, of);
    if (!back->node && back->down_since_ms != INT64_MAX && world_now(world) - back->down_since_ms > LAST_WORDS_MS) {
        wrong(checks, "host %zu revived host %zu, which has been dead for %" PRId64 " ms (P5)", host, of,
              world_now(world) - back->down_since_ms);
    }
}
