/* The addresses that people gave. */
#include "core/node/contacts.h"

#include <stdio.h>
#include <string.h>

#include "core/common/id.h"
#include "core/common/memory.h"

enum hc_code contacts_init(struct contacts *contacts, const char *const *addresses, size_t count)
{
    ASSERT(count <= HC_CONTACTS_MAX);
    *contacts = (struct contacts){.list = memory_new(count + 1, sizeof *contacts->list)};
    if (!contacts->list) {
        return HC_NO_MEMORY;
    }
    for (size_t i = 0; i < count; i++) {
        struct contact *contact = &contacts->list[contacts->count++];
        ASSERT(strlen(addresses[i]) < sizeof contact->address);
        snprintf(contact->address, sizeof contact->address, "%s", addresses[i]);
    }
    return HC_OK;
}

void contacts_free(struct contacts *contacts)
{
    memory_free(contacts->list);
    *contacts = (struct contacts){0};
}

bool contact_is_live(const struct contact *contact, const struct base *base)
{
    const struct members *members = &base->members;
    if (strcmp(contact->address, base->address) == 0 || (contact->answered && base_is_self(base, contact->id))) {
        return true;
    }
    if (contact->answered) {
        const struct member *member = members_find(members, contact->id);
        if (member && member->status == HC_MEMBER_LIVE) {
            return true;
        }
    }
    for (size_t i = 0; i < members->count; i++) {
        const struct member *member = &members->list[i];
        if (member->status == HC_MEMBER_LIVE &&
            strcmp(base_member_row(base, member)->fields.addr, contact->address) == 0) {
            return true;
        }
    }
    return false;
}

void contact_answered(struct contact *contact, const uint8_t id[static HC_ID_BYTES])
{
    contact->answered = true;
    contact->complained = false;
    id_copy(contact->id, id);
}

void contact_failed(struct contact *contact, enum hc_code code, const char *text, struct hc_effects *effects)
{
    ASSERT(code != HC_OK);
    if (contact->complained) {
        return;
    }
    char words[HC_MESSAGE_TEXT_BYTES_MAX + 1];
    contact->complained = true;
    struct hc_notice *notice = notice_add(effects, HC_NOTICE_UNANSWERED, NULL);
    notice->code = code;
    snprintf(words, sizeof words, "%.120s: %.175s", contact->address, text ? text : hc_code_text(code));
    notice_text(notice, words);
}
