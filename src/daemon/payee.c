#include "daemon/payee.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "howcoin/text.h"

#define LISTED_MAX 4

enum reading { BY_ADDRESS, BY_NAME, BY_ID, READINGS };

struct search {
    const char *text;
    char address[ADDR_BYTES_MAX + 1]; /* the text as one; empty if it is none */
    bool hex;                         /* it can be the beginning of an id */
};

static bool fits(const struct search *search, enum reading reading, const struct row *row)
{
    char id[ID_HEX_CHARS + 1];
    switch (reading) {
    case BY_ADDRESS:
        return search->address[0] != '\0' && strcmp(search->address, row->fields.addr) == 0;
    case BY_NAME:
        return strcmp(search->text, row->fields.name) == 0;
    default:
        hex_encode(id, row->fields.id, ID_BYTES);
        return search->hex && strncmp(search->text, id, strlen(search->text)) == 0;
    }
}

/* How many nodes fit; the first of them is in `found`, and `list` names the first few. */
static size_t look(const struct node *node, const struct search *search, enum reading reading, bool live,
                   uint8_t *found, char *list, size_t size)
{
    struct node_view look;
    struct node_row_view view;
    size_t count = 0, chars = 0;
    list[0] = '\0';
    node_look(node, &look);
    for (size_t i = 0; i < look.known; i++) {
        node_look_at(node, i, &view);
        if ((view.status == MEMBER_LIVE) != live || !fits(search, reading, view.row)) {
            continue;
        }
        if (count == 0) {
            memcpy(found, view.row->fields.id, ID_BYTES);
        }
        if (count++ < LISTED_MAX && chars < size) {
            char id[HEX_CHARS(6) + 1];
            hex_encode(id, view.row->fields.id, 6);
            int added =
                snprintf(list + chars, size - chars, "%s%s (%.60s%s%s)", count > 1 ? ", " : "", id,
                         view.row->fields.addr, view.row->fields.name[0] != '\0' ? " " : "", view.row->fields.name);
            chars += added > 0 ? (size_t)added : 0;
        }
    }
    return count;
}

static bool is_hex(const char *text)
{
    return text[strspn(text, "0123456789abcdef")] == '\0';
}

enum hc_code payee_find(uint8_t id[static ID_BYTES], const struct node *node, const char *text, const char *own_address,
                        struct fault *fault)
{
    struct search search = {.text = text};
    char host[ADDR_BYTES_MAX + 1], list[300];
    uint16_t port;
    if (strlen(text) == ID_HEX_CHARS && hex_decode(id, ID_BYTES, text, ID_HEX_CHARS)) {
        return HC_OK;
    }
    address_split(host, &port, own_address);
    if (address_parse(search.address, text, host, NULL) != HC_OK) {
        search.address[0] = '\0';
    }
    search.hex = strlen(text) >= PAYEE_ID_CHARS_MIN && is_hex(text);
    for (enum reading reading = BY_ADDRESS; text[0] != '\0' && reading < READINGS; reading++) {
        for (int live = 1; live >= 0; live--) {
            size_t count = look(node, &search, reading, live != 0, id, list, sizeof list);
            if (count > 1) {
                return fault_set(fault, HC_AMBIGUOUS, "'%.40s' fits %zu nodes: %s%s; say more of the id", text, count,
                                 list, count > LISTED_MAX ? ", ..." : "");
            }
            if (count == 1) {
                return HC_OK;
            }
        }
    }
    return fault_set(fault, HC_UNKNOWN_PAYEE,
                     "no node '%.60s' is known: expected a port, an address, a name, or the first %u digits of an id "
                     "or more",
                     text, PAYEE_ID_CHARS_MIN);
}
