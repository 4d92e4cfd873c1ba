/* Forgotten rows (P10): a ring of ids and versions, so that a peer that repeats an old row as dropped does not bring
 * it back. It is a favour, not a promise: of more than FORGOTTEN_MAX the oldest are lost, and can be learned of as
 * new ones.
 */
#ifndef HOWCOIN_CORE_FORGOTTEN_H
#define HOWCOIN_CORE_FORGOTTEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/common/limits.h"
#include "core/rows/row.h"

/* Zeroed at first. */
struct forgotten {
    struct forgotten_row {
        uint8_t id[HC_ID_BYTES];
        uint64_t version;
    } * ring;     /* of FORGOTTEN_MAX; NULL: none yet */
    size_t count; /* ever */
};

void forgotten_free(struct forgotten *forgotten);
/* Without memory the row is forgotten all the same, and not remembered as such. */
void forgotten_add(struct forgotten *forgotten, const struct hc_row *row);
/* Whether this version of its owner's row, or a later one, was forgotten. */
bool forgotten_has(const struct forgotten *forgotten, const struct hc_row *row);

#endif
