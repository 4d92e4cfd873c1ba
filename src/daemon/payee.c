/* A search over all rows, live and gone; what fits is kept, the one that answered last first, for the answer or for
 * the list in the error. */
#include "daemon/payee.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "core/common/address.h"
#include "core/common/error.h"
#include "core/common/id.h"
#include "core/common/text.h"
#include "core/node/node.h"
#include "howcoin/node.h"

#define LISTED_MAX 4u
/* Digits of an id in the list: enough to be given back as the beginning of one. */
#define LISTED_ID_BYTES 6u

/* What is looked for: a node at this address or, if it is empty, one of this name or beginning of an id. */
struct search {
    char address[HC_ADDR_BYTES_MAX + 1];
    const char *text;
};

struct found {
    size_t count;                              /* rows that fit */
    struct hc_node_row_view first[LISTED_MAX]; /* of these; the one that answered last comes first */
    int64_t claimed_ms;                        /* when the last of them came to its address */
};

static bool fits(const struct search *search, const struct hc_row_fields *fields)
{
    char id[HC_ID_HEX_CHARS + 1];
    size_t chars = strlen(search->text);
    if (search->address[0] != '\0') {
        return strcmp(search->address, fields->addr) == 0;
    }
    hc_id_hex(id, fields->id);
    return strcmp(search->text, fields->name) == 0 ||
           (chars >= PAYEE_ID_CHARS_MIN && strncmp(search->text, id, chars) == 0);
}

static void found_add(struct found *found, const struct hc_node_row_view *view)
{
    size_t at = found->count < LISTED_MAX ? found->count : LISTED_MAX;
    found->count++;
    found->claimed_ms = view->claimed_ms > found->claimed_ms ? view->claimed_ms : found->claimed_ms;
    for (; at > 0 && found->first[at - 1].answered_ms < view->answered_ms; at--) {
        if (at < LISTED_MAX) {
            found->first[at] = found->first[at - 1];
        }
    }
    if (at < LISTED_MAX) {
        found->first[at] = *view;
    }
}

static void look(struct found *found, const struct hc_node *node, const struct search *search)
{
    size_t known = node_table(node)->count;
    struct hc_node_row_view view;
    *found = (struct found){.claimed_ms = HC_NEVER_MS};
    for (size_t i = 0; i < known; i++) {
        hc_node_look_at(node, i, &view);
        if (fits(search, hc_row_fields(view.row))) {
            found_add(found, &view);
        }
    }
}

/* "3fa455f6ab12 (127.0.0.1:8001 bob, dropped, answered 12s ago)" */
static int describe(char *out, size_t size, const struct hc_node_row_view *view, int64_t now_ms)
{
    char id[HEX_CHARS(LISTED_ID_BYTES) + 1], answered[40] = "never answered";
    const struct hc_row_fields *fields = hc_row_fields(view->row);
    hex_encode(id, fields->id, LISTED_ID_BYTES);
    if (view->answered_ms != HC_NEVER_MS) {
        (void)snprintf(answered, sizeof answered, "answered %" PRId64 "s ago", (now_ms - view->answered_ms) / 1000);
    }
    return snprintf(out, size, "%s (%.60s%s%s, %s, %s)", id, fields->addr, fields->name[0] != '\0' ? " " : "",
                    fields->name, view->self ? "this node" : hc_member_status_name(view->status), answered);
}

/* As many as there is room for. */
static void list_them(char *out, size_t size, const struct found *found, int64_t now_ms)
{
    size_t chars = 0, listed = 0;
    for (; listed < found->count && listed < LISTED_MAX; listed++) {
        char one[200];
        int added = describe(one, sizeof one, &found->first[listed], now_ms);
        if (added < 0 || chars + (size_t)added + sizeof ", , ..." > size) {
            break;
        }
        chars += (size_t)snprintf(out + chars, size - chars, "%s%s", listed > 0 ? ", " : "", one);
    }
    (void)snprintf(out + chars, size - chars, "%s", listed < found->count ? ", ..." : "");
}

/* The host of this node's own address, on which a bare port is. */
static void own_host(char host[static HC_ADDR_BYTES_MAX + 1], const struct runtime_facts *facts)
{
    const char *colon = strrchr(facts->address, ':');
    ASSERT(colon && colon - facts->address <= (ptrdiff_t)HC_ADDR_BYTES_MAX);
    (void)snprintf(host, HC_ADDR_BYTES_MAX + 1, "%.*s", (int)(colon - facts->address), facts->address);
}

/* `proved`: an address means who proved itself there, and nobody else. */
static enum hc_code find(uint8_t id[static HC_ID_BYTES], const struct hc_node *node, const char *text, bool proved,
                         const struct runtime_facts *facts, int64_t now_ms, struct hc_fault *fault)
{
    struct search search = {.text = text};
    struct found found;
    char host[HC_ADDR_BYTES_MAX + 1], list[300];
    if (strlen(text) == HC_ID_HEX_CHARS && hex_decode(id, HC_ID_BYTES, text, HC_ID_HEX_CHARS)) {
        return HC_OK;
    }
    own_host(host, facts);
    bool by_address = hc_address_parse(search.address, text, host, NULL) == HC_OK;
    if (by_address && strcmp(search.address, facts->address) == 0) {
        id_copy(id, facts->id);
        return HC_OK;
    }
    look(&found, node, &search);
    if (found.count == 0 || text[0] == '\0') {
        return fault_set(fault, HC_UNKNOWN_PAYEE,
                         "no node '%.60s' is known: expected a port, an address, a name, or the first %u digits of an "
                         "id or more",
                         text, PAYEE_ID_CHARS_MIN);
    }
    /* The first of those at an address is the one that answered there last. */
    bool is_proved = by_address && found.first[0].answered_ms >= found.claimed_ms;
    if (is_proved || (found.count == 1 && !(by_address && proved))) {
        id_copy(id, hc_row_fields(found.first[0].row)->id);
        return HC_OK;
    }
    list_them(list, sizeof list, &found, now_ms);
    return by_address
               ? fault_set(fault, HC_AMBIGUOUS, "it is not proved which node is at '%.40s': %s; use the id", text, list)
               : fault_set(fault, HC_AMBIGUOUS, "'%.40s' fits %zu nodes: %s; use the id", text, found.count, list);
}

enum hc_code payee_find(uint8_t id[static HC_ID_BYTES], const struct hc_node *node, const char *text,
                        const struct runtime_facts *facts, int64_t now_ms, struct hc_fault *fault)
{
    return find(id, node, text, true, facts, now_ms, fault);
}

enum hc_code payee_find_likely(uint8_t id[static HC_ID_BYTES], const struct hc_node *node, const char *text,
                               const struct runtime_facts *facts, int64_t now_ms, struct hc_fault *fault)
{
    return find(id, node, text, false, facts, now_ms, fault);
}
