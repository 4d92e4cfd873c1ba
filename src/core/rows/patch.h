/* Patches: the next version of a row, by what differs from one that the receiver holds (K5). words.h has their struct. */
#ifndef HOWCOIN_CORE_PATCH_H
#define HOWCOIN_CORE_PATCH_H

#include <stddef.h>

#include "core/common/error.h"
#include "core/common/limits.h"
#include "core/rows/row.h"
#include "core/rows/words.h"

enum patching {
    PATCH_MADE,
    PATCH_CANNOT, /* what changed cannot be said in a patch: the row is to be sent whole */
    PATCH_NO_MEMORY,
};

/* Says `row` by what differs from `base`, a row of the same owner. It cannot if the address, name, tags or `more` differ, if
 * the row has lost a payee, if a payee to be named has the beginning of its id in common with another of the base, or if
 * the version is not greater. The patch is a zeroed one, and stays so unless PATCH_MADE; its payees are then for
 * memory_free. */
enum patching patch_make(struct patch *patch, const struct hc_row *base, const struct hc_row *row) HC_MUST_USE;

/* Builds the whole row out of a patch and its base, with one reference; its form is checked, its signature is not.
 * HC_BAD_ROW: the patch is for another row or version, not in order, or what it makes is no row; HC_NO_MEMORY. *row is NULL
 * then. */
enum hc_code patch_apply(struct hc_row **row, const struct patch *patch, const struct hc_row *base) HC_MUST_USE;

/* How many bytes it takes as JSON, at most. */
size_t patch_bytes(const struct patch *patch);

#endif
