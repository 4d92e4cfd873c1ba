/* Contacts: the addresses that people gave, and which node answers there. */
#ifndef HOWCOIN_CORE_CONTACTS_H
#define HOWCOIN_CORE_CONTACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/node/base.h"

struct contact {
    char address[HC_ADDR_BYTES_MAX + 1];
    uint8_t id[HC_ID_BYTES]; /* the node that answered last */
    bool answered;           /* `id` is set */
    bool complained;         /* that it does not answer was told */
};

struct contacts {
    struct contact *list; /* stays where it is until contacts_free */
    size_t count;         /* at most HC_CONTACTS_MAX */
};

/* HC_NO_MEMORY. The addresses are copied. */
enum hc_code contacts_init(struct contacts *contacts, const char *const *addresses, size_t count) HC_MUST_USE;
void contacts_free(struct contacts *contacts);

/* Whether a live member, or this node itself, is known to be there: it is met in the ordinary way. */
bool contact_is_live(const struct contact *contact, const struct base *base);
/* `id` proved that it is there. */
void contact_answered(struct contact *contact, const uint8_t id[static HC_ID_BYTES]);
/* It does not answer: told once, until it does. `text`, which may be NULL, says why in words. */
void contact_failed(struct contact *contact, enum hc_code code, const char *text, struct hc_effects *effects);

#endif
