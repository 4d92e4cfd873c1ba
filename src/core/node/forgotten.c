/* The ring of forgotten rows. */
#include "core/node/forgotten.h"

#include "core/common/id.h"
#include "core/common/memory.h"

void forgotten_free(struct forgotten *forgotten)
{
    memory_free(forgotten->ring);
    *forgotten = (struct forgotten){0};
}

void forgotten_add(struct forgotten *forgotten, const struct hc_row *row)
{
    ASSERT(forgotten->ring || forgotten->count == 0);
    if (!forgotten->ring) {
        forgotten->ring = memory_new(FORGOTTEN_MAX, sizeof *forgotten->ring);
    }
    if (forgotten->ring) {
        struct forgotten_row *place = &forgotten->ring[forgotten->count++ % FORGOTTEN_MAX];
        id_copy(place->id, row->fields.id);
        place->version = row->fields.version;
    }
}

bool forgotten_has(const struct forgotten *forgotten, const struct hc_row *row)
{
    size_t kept = forgotten->count < FORGOTTEN_MAX ? forgotten->count : FORGOTTEN_MAX;
    ASSERT(kept == 0 || forgotten->ring);
    for (size_t i = 0; i < kept; i++) {
        const struct forgotten_row *place = &forgotten->ring[i];
        if (id_equal(place->id, row->fields.id) && row->fields.version <= place->version) {
            return true;
        }
    }
    return false;
}
