/* Links from hello to bye. */
#include "core/node/link_talk.h"

#include <stdio.h>
#include <string.h>

#include "core/common/canary.h"
#include "core/common/id.h"
#include "core/node/compare.h"
#include "core/node/digests.h"
#include "core/node/greeting.h"
#include "core/node/peers.h"
#include "core/rows/patch.h"

static struct member *link_member(const struct link *link, const struct base *base)
{
    return members_find(&base->members, link->id);
}

/* ---- Ends ---- */

/* K4: an eager link is gone: what came over it alone must find another way, now. */
static void links_wake(struct talk *talk, const struct base *base, struct hc_effects *effects)
{
    for (size_t i = 0; i < talk->links.count; i++) {
        struct link *link = talk->links.list[i];
        if (link->stage != LINK_UP || link->pushed) {
            continue;
        }
        push_wake(link, effects);
        link->whole_until_ms = base->now_ms + FRESH_MS;
        if (link->ours) {
            compare_begin(link, base, effects);
        }
    }
}

void link_gone(struct talk *talk, struct base *base, struct link *link, enum hc_code code, const char *why,
               struct hc_effects *effects)
{
    bool eager = link->stage == LINK_UP && link->pushed;
    struct member *member = link_member(link, base);
    if (link->stage == LINK_UP) {
        struct hc_notice *notice =
            notice_add(effects, HC_NOTICE_UNLINKED, member ? base_member_row(base, member) : NULL);
        notice->code = code;
        notice_text(notice, why);
        base_story(base, member, HC_STORY_UNLINKED, code, NULL);
    }
    links_remove(&talk->links, link);
    if (eager && !base->leaving) {
        links_wake(talk, base, effects);
    }
}

/* A peer that ends each link of ours at once must not be opened to again and again, as fast as the network goes. */
static void link_rest(const struct link *link, const struct base *base)
{
    struct member *member = link_member(link, base);
    int64_t until_ms = link->since_ms + base_rounds_ms(base, 1);
    if (member && link->ours && link->stage == LINK_UP && member->link_rest_until_ms < until_ms) {
        member->link_rest_until_ms = until_ms;
    }
}

/* K8: nobody knows yet what the end means: the other side is asked. */
static void link_suspect(struct talk *talk, struct base *base, struct link *link, enum hc_code code, const char *why,
                         struct hc_effects *effects)
{
    struct member *member = link_member(link, base);
    bool ask = member && !base->leaving && link->stage != LINK_GREETED &&
               (member->status == HC_MEMBER_LIVE || member->guessed);
    if (ask) {
        member->suspected_until_ms = base->now_ms + 2 * calls_timeout_ms(&talk->calls, base);
        targets_add_urgent(&talk->targets, member->id, false);
    }
    link_rest(link, base);
    link_gone(talk, base, link, code, why, effects);
}

/* Says why it is closed. */
static void link_close_with(const struct link *link, enum hc_code code, const char *why, struct hc_effects *effects)
{
    struct hc_message *error = link_say(link, HC_MESSAGE_ERROR, effects);
    if (error) {
        fault_set(&error->error, code, "%s", why);
    }
    link_close(link, effects);
}

/* Ends a link that breaks the protocol. */
static void link_refuse(struct talk *talk, struct base *base, struct link *link, enum hc_code code, const char *why,
                        struct hc_effects *effects)
{
    link_close_with(link, code, why, effects);
    base_refuse(base, code, 1, why, effects);
    link_suspect(talk, base, link, code, why, effects);
}

void link_ended(struct talk *talk, struct base *base, const struct hc_event *event, struct hc_effects *effects)
{
    struct link *link = links_find(&talk->links, event->handle);
    if (!link) {
        return; /* we have given it up already */
    }
    if (code_kind(event->code) == CODE_MESSAGE) { /* the shell could not read what came on it */
        base_refuse(base, event->code, 1, event->text, effects);
    }
    struct member *member = link_member(link, base);
    bool refused = event->code == HC_UNREACHABLE || event->code == HC_CLOSED;
    if (link->stage != LINK_OPENING || !refused || !member || base->leaving) {
        link_suspect(talk, base, link, event->code, event->text, effects);
        return;
    }
    /* It could not be opened: that says as much as an ask. */
    uint8_t id[HC_ID_BYTES];
    id_copy(id, link->id);
    link_gone(talk, base, link, event->code, event->text, effects);
    if (links_speak(&talk->links, base, id)) {
        member->reached = HC_REACH_NO; /* K8: it lives; only its address is out of reach */
    } else {
        peer_fail(base, member, event->code, event->text, false, effects);
    }
}

void links_leave(struct talk *talk, struct base *base, struct hc_effects *effects)
{
    while (talk->links.count > 0) {
        struct link *link = talk->links.list[talk->links.count - 1];
        if (link->stage == LINK_UP) {
            (void)link_say(link, HC_MESSAGE_BYE, effects);
        }
        link_close(link, effects);
        link_gone(talk, base, link, HC_OK, NULL, effects);
    }
}

/* ---- Beginnings ---- */

/* Turns a hello away. */
static void hello_refuse(const struct hc_event *event, enum hc_code code, const char *why, struct hc_effects *effects)
{
    struct hc_send *send = send_add(effects);
    if (send) {
        send->kind = HC_SEND_LINK;
        send->handle = event->handle;
        send->message.type = HC_MESSAGE_ERROR;
        fault_set(&send->message.error, code, "%s", why);
    }
    send = send_add(effects);
    if (send) {
        send->kind = HC_SEND_CLOSE;
        send->handle = event->handle;
    }
}

/* What a message tells, if it does. */
static void told_take(struct digest_pair *told, const struct hc_message *message)
{
    if (message->has_digests) {
        told->known = true;
        memcpy(told->rows, message->rows_digest, HC_DIGEST_BYTES);
        memcpy(told->whole, message->whole_digest, HC_DIGEST_BYTES);
    }
}

static void welcome_say(struct link *link, struct base *base, const struct hc_message *hello,
                        struct hc_effects *effects)
{
    struct hc_message *welcome = link_say(link, HC_MESSAGE_WELCOME, effects);
    if (!welcome) {
        return; /* the opener gives it up */
    }
    greeting_welcome(welcome, base, link_member(link, base), hello, base_keeps_links(base));
    memcpy(link->nonces[0], hello->nonce, HC_NONCE_BYTES);
    memcpy(link->nonces[1], welcome->nonce, HC_NONCE_BYTES);
    told_take(&link->ours_told, welcome);
}

/* Makes room for a link that is asked for. Places that are all taken are not to be kept by those who prove nothing: the oldest
 * of them gives way. */
static bool place_make(struct links *links, struct hc_effects *effects)
{
    struct link *unproved = NULL;
    for (size_t i = 0; i < links->count && !unproved; i++) {
        unproved = links->list[i]->stage == LINK_GREETED ? links->list[i] : NULL;
    }
    if (links_count_theirs(links) >= LINKS_THEIRS_MAX && unproved) {
        link_close(unproved, effects);
        links_remove(links, unproved);
    }
    return links_count_theirs(links) < LINKS_THEIRS_MAX;
}

void link_opened(struct talk *talk, struct base *base, const struct own *own, const struct hc_event *event,
                 struct hc_effects *effects)
{
    const struct hc_message *hello = event->message;
    ASSERT(hello->type == HC_MESSAGE_HELLO && (event->handle & HC_HANDLE_THEIRS));
    if (base->leaving || !own_takes_part(own)) {
        hello_refuse(event, HC_BUSY, "not started yet, or leaving", effects);
    } else if (base_is_self(base, hello->from)) {
        hello_refuse(event, HC_BUSY, "this is the node itself", effects);
    } else if (!place_make(&talk->links, effects)) {
        hello_refuse(event, HC_BUSY, "enough links", effects);
    } else {
        struct link *link = links_add(&talk->links, event->handle, hello->from, false, base);
        if (!link) {
            hello_refuse(event, HC_BUSY, "out of memory", effects);
            return;
        }
        told_take(&link->theirs_told, hello);
        link->dropped_why = hello->dropped_why;
        link->dropped_ago_s = hello->dropped_ago_s;
        welcome_say(link, base, hello, effects);
        if (!base_keeps_links(base)) {
            link_close(link, effects);
            links_remove(&talk->links, link);
        }
    }
}

/* Both sides know whom they talk to. */
static void link_up(struct talk *talk, struct base *base, const struct own *own, struct link *link,
                    struct hc_effects *effects)
{
    struct member *member = link_member(link, base);
    link->stage = LINK_UP;
    talk->links.revision++;
    struct hc_notice *notice = notice_add(effects, HC_NOTICE_LINKED, member ? base_member_row(base, member) : NULL);
    notice_text(notice, link->ours ? "opened by this node" : "opened by the peer");
    if (!member) {
        return; /* a newcomer: the tables are compared next */
    }
    base_story(base, member, HC_STORY_LINKED, HC_OK, NULL);
    peer_lives(base, member, NULL, false, effects);
    member_talks(member, HC_EXCHANGE_LINKS);
    if (member->dropped_ms <= link->since_ms) {
        member->dropped_why = HC_OK; /* the other side has heard it */
    }
    greeting_accuses(base, own, member, link->dropped_why, link->dropped_ago_s, effects);
    if (link->theirs_told.known) {
        (void)greeting_compare(base, member, link->theirs_told.rows);
    }
}

/* Whether what the other side told last is what we hold. */
static bool is_same(const struct link *link, const struct base *base, bool *rows_too)
{
    uint8_t rows[HC_DIGEST_BYTES], whole[HC_DIGEST_BYTES];
    digests_now(rows, whole, base);
    *rows_too = memcmp(link->theirs_told.rows, rows, HC_DIGEST_BYTES) == 0;
    return link->theirs_told.known && *rows_too && memcmp(link->theirs_told.whole, whole, HC_DIGEST_BYTES) == 0;
}

/* It keeps no links, or has enough of them. */
static void link_declined(struct talk *talk, struct base *base, struct link *link, const char *why,
                          struct hc_effects *effects)
{
    struct member *member = link_member(link, base);
    link_close(link, effects);
    if (member) {
        member->link_rest_until_ms = base->now_ms + base_rounds_ms(base, LINK_REST_ROUNDS);
    }
    link_gone(talk, base, link, HC_BUSY, why, effects);
}

/* The other side has answered our hello, and proved who it is. */
static void link_welcome(struct talk *talk, struct base *base, struct own *own, struct link *link,
                         const struct hc_message *welcome, struct hc_effects *effects)
{
    struct member *member = link_member(link, base);
    if (member) {
        peer_answered_at(base, member, link->address);
        peer_lives(base, member, NULL, false, effects);
        greeting_heard(base, own, member, welcome, effects);
    }
    if (member && member->dropped_why != HC_OK && member->dropped_ms > link->since_ms) {
        /* It was greeted before that: the hello of the next one tells it that it was dropped. */
        link_close(link, effects);
        link_gone(talk, base, link, HC_OK, NULL, effects);
        return;
    }
    if (!welcome->keep) {
        link_declined(talk, base, link, "it keeps no links", effects);
        return;
    }
    memcpy(link->nonces[1], welcome->nonce, HC_NONCE_BYTES);
    struct hc_message *proof = link_say(link, HC_MESSAGE_PROOF, effects);
    if (!proof) {
        link_declined(talk, base, link, "out of memory", effects);
        return;
    }
    link_proof_make(&base->identity, proof->proof, base->network, link->nonces[0], link->nonces[1], link->id);
    told_take(&link->theirs_told, welcome);
    link_up(talk, base, own, link, effects);
    bool rows;
    link->synced = is_same(link, base, &rows);
    if (!link->synced) {
        compare_begin(link, base, effects);
    }
    talk->intake.met = talk->intake.met || link->synced;
}

/* What came first on a link that we open. */
static void opening_message(struct talk *talk, struct base *base, struct own *own, struct link *link,
                            const struct hc_message *message, struct hc_effects *effects)
{
    struct member *member = link_member(link, base);
    uint8_t id[HC_ID_BYTES];
    char address[sizeof link->address];
    id_copy(id, link->id);
    memcpy(address, link->address, sizeof address);
    enum hc_code failed = HC_BAD_REPLY;
    if (message->type == HC_MESSAGE_ERROR && message->error.code == HC_BUSY) {
        link_declined(talk, base, link, message->error.text, effects);
        return;
    }
    if (message->type == HC_MESSAGE_ERROR && message->error.code == HC_BAD_FRAME) {
        if (member) {
            member_is_simple(member);
        }
        link_close(link, effects);
        link_suspect(talk, base, link, HC_BAD_FRAME, "it speaks the simple form only", effects);
        return;
    }
    if (message->type == HC_MESSAGE_WELCOME) {
        bool proved = proof_verify(message->proof, base->network, link->nonces[0], base->identity.id, message->from);
        if (proved && id_equal(message->from, id)) {
            effects->proved = true;
            link_welcome(talk, base, own, link, message, effects);
            return;
        }
        failed = proved ? HC_OTHER_NODE : HC_BAD_PROOF;
    } else if (message->type == HC_MESSAGE_ERROR && code_kind(message->error.code) == CODE_MESSAGE) {
        failed = message->error.code;
    }
    link_close(link, effects);
    link_gone(talk, base, link, failed, NULL, effects);
    if (member && !base->leaving && !links_speak(&talk->links, base, id)) {
        peer_fail(base, member, failed, NULL, false, effects);
    }
    if (failed == HC_OTHER_NODE && member && !base->leaving) {
        talk_stranger(talk, base, id, address, message->from, effects);
    }
}

/* The opener proves itself, before anything else. */
static void greeted_message(struct talk *talk, struct base *base, const struct own *own, struct link *link,
                            const struct hc_message *message, struct hc_effects *effects)
{
    if (message->type != HC_MESSAGE_PROOF || !link_proof_verify(message->proof, base->network, link->nonces[0],
                                                                link->nonces[1], base->identity.id, link->id)) {
        link_close(link, effects);
        base_refuse(base, HC_BAD_PROOF, 1, "a link was opened without a proof", effects);
        link_gone(talk, base, link, HC_BAD_PROOF, NULL, effects);
        return;
    }
    effects->proved = true;
    link_up(talk, base, own, link, effects);
}

/* ---- News ---- */

/* Takes in rows that came on the link, or were made of patches that did. HC_WAITING: later. */
static enum hc_code rows_take(struct talk *talk, struct base *base, struct own *own, struct link *link,
                              struct hc_state *state, bool patched, struct hc_effects *effects)
{
    struct heard heard = {.state = state, .heard_ms = base->now_ms, .link = link->handle, .patched = patched};
    id_copy(heard.from, link->id);
    return intake_take(&talk->intake, base, own, &talk->targets, &heard, effects);
}

/* M4: it passed a forged row on: it is dropped, as after such an answer. */
static void link_forged(struct talk *talk, struct base *base, struct link *link, enum hc_code code,
                        struct hc_effects *effects)
{
    struct member *member = link_member(link, base);
    if (member && member->status == HC_MEMBER_LIVE) {
        peer_drop(base, member, HC_BAD_REPLY, hc_code_text(code), effects);
        member->failed_ms = base->now_ms;
    }
    char why[HC_MESSAGE_TEXT_BYTES_MAX];
    snprintf(why, sizeof why, "%s: %s", hc_code_name(code), hc_code_text(code));
    link_close_with(link, HC_BAD_ROW, why, effects);
    link_gone(talk, base, link, HC_BAD_REPLY, hc_code_text(code), effects);
}

/* The row that a patch makes of the one that we hold; *known: ours is as new, or newer. NULL otherwise: we need it whole. */
static struct hc_row *patch_read(const struct patch *patch, const struct base *base, bool *known)
{
    const struct table *table = &base->table;
    struct hc_row *row = NULL;
    *known = false;
    for (size_t at = table_place_short(table, patch->id); !row && table_is_short(table, at, patch->id); at++) {
        const struct entry *entry = &table->entries[at];
        struct hc_row *ours = entry_row(entry);
        if (patch->row && memcmp(patch->row->fields.id, ours->fields.id, HC_ID_BYTES) != 0) {
            continue;
        }
        *known = *known || ours->fields.version > patch->version ||
                 (ours->fields.version == patch->version && memcmp(ours->sig, patch->sig, sizeof patch->sig) == 0);
        if (*known || entry_is_forked(entry) || ours->fields.version != patch->base) {
            continue;
        }
        if (patch->row) {
            row = hc_row_ref(patch->row);
        } else if (patch_apply(&row, patch, ours) != HC_OK) {
            row = NULL;
        } else {
            row->verified = row->verified || CANARY_PATCHED;
        }
    }
    return row;
}

/* What the patches of a message make, as a state; what cannot be made of what we hold is asked for whole. NULL: nothing. */
static struct hc_state *patches_read(struct link *link, const struct base *base, const struct hc_words *words,
                                     struct hc_words *wanted)
{
    struct hc_state *state = NULL;
    for (size_t i = 0; i < words->patch_count; i++) {
        bool known;
        struct hc_row *row = patch_read(&words->patches[i], base, &known);
        push_judge(link, !known);
        if (!row && !known && wanted) {
            bool added = words_want(wanted, words->patches[i].id);
            (void)added;
        }
        if (row && (state || state_new(&state) == HC_OK)) {
            enum hc_code code = state_add_live(state, row);
            (void)code; /* the next comparison finds it */
        }
        hc_row_unref(row);
    }
    if (state) {
        state_seal(state);
    }
    return state;
}

/* K5: a patch of a row that we do not hold, or a result that its owner did not sign: then we ask for the whole rows. */
static enum hc_code patches_take(struct talk *talk, struct base *base, struct own *own, struct link *link,
                                 const struct hc_words *words, struct hc_effects *effects)
{
    struct hc_words *wanted = words_new();
    struct hc_state *state = patches_read(link, base, words, wanted);
    enum hc_code code = state ? rows_take(talk, base, own, link, state, true, effects) : HC_OK;
    if (code == HC_BAD_SIGNATURE || code == HC_BAD_DRAW) {
        for (size_t i = 0; wanted && i < state->live_count; i++) {
            bool added = words_want(wanted, state->live[i]->fields.id);
            (void)added;
        }
        code = HC_OK;
    }
    state_unref(state);
    compare_ask(link, wanted, effects);
    return code == HC_WAITING ? HC_OK : code;
}

/* K9: what it says of others are hints; only so many a round. */
static void verdicts_take(struct base *base, struct link *link, const struct hc_words *words)
{
    /* If there may be more than are heeded, the rest is for the next comparison. */
    link->heeded = link->heeded || link->hints + words->verdict_count >= HINTS_A_ROUND_MAX;
    for (size_t i = 0; i < words->verdict_count && link->hints < HINTS_A_ROUND_MAX; i++) {
        const struct verdict *verdict = &words->verdicts[i];
        const struct table *table = &base->table;
        for (size_t at = table_place_short(table, verdict->id); table_is_short(table, at, verdict->id); at++) {
            struct member *member = members_find(&base->members, entry_id(&table->entries[at]));
            if (member && base_member_row(base, member)->fields.version <= verdict->version) {
                bool asks = peer_hint(base, member, verdict->reason, link->id);
                link->heeded = link->heeded || (asks && !peer_is_looked_into(base, member));
                link->hints++;
            }
        }
    }
}

/* How useful the whole rows of a message were. */
static void rows_judge(struct link *link, const struct base *base, const struct hc_state *state)
{
    for (size_t i = 0; i < state->live_count; i++) {
        const struct hc_row *ours = base_row(base, state->live[i]->fields.id);
        push_judge(link, !ours || ours->fields.version < state->live[i]->fields.version);
    }
}

static enum hc_code news_take(struct talk *talk, struct base *base, struct own *own, struct link *link,
                              const struct hc_message *message, struct hc_effects *effects)
{
    enum hc_code code = HC_OK;
    link->pushed_ms = base->now_ms;
    if (message->state) {
        rows_judge(link, base, message->state);
        code = rows_take(talk, base, own, link, message->state, false, effects);
        if (code == HC_BAD_SIGNATURE || code == HC_BAD_DRAW) {
            link_forged(talk, base, link, code, effects);
            return HC_OK;
        }
    }
    if (message->words) {
        enum hc_code patched = patches_take(talk, base, own, link, message->words, effects);
        verdicts_take(base, link, message->words);
        code = code == HC_OK || code == HC_WAITING ? patched : code;
    }
    push_judged(link, effects);
    return code == HC_WAITING ? HC_OK : code;
}

/* Rows that we lacked, by a comparison. That a chord which is lazy brings them shows that news has no other way (K4). */
static enum hc_code owed_take(struct talk *talk, struct base *base, struct own *own, struct link *link,
                              struct hc_state *state, struct hc_effects *effects)
{
    const size_t news = base->news.row_count;
    link->moved_ms = base->now_ms;
    enum hc_code code = rows_take(talk, base, own, link, state, false, effects);
    if (code == HC_BAD_SIGNATURE || code == HC_BAD_DRAW) {
        link_forged(talk, base, link, code, effects);
        return HC_OK;
    }
    if (code == HC_WAITING) {
        link->taking++;
        return HC_OK;
    }
    if (base->news.row_count > news) {
        push_wake(link, effects);
    }
    (void)link_say(link, HC_MESSAGE_TOOK, effects);
    return code;
}

void links_took(struct talk *talk, struct base *base, struct hc_effects *effects)
{
    struct intake_done done = intake_take_done(&talk->intake);
    struct link *link = done.link ? links_find(&talk->links, done.link) : NULL;
    if (!link) {
        return;
    }
    if (done.forged != HC_OK && done.patched) {
        /* K5: they may have been made of another row than the sender's. The tables are compared instead. */
        if (link->ours && link->stage == LINK_UP && !link->comparing) {
            compare_begin(link, base, effects);
        }
    } else if (done.forged != HC_OK) {
        link_forged(talk, base, link, done.forged, effects);
    } else if (link->taking > 0) {
        link->taking--;
        link->moved_ms = base->now_ms;
        push_wake(link, effects);
        (void)link_say(link, HC_MESSAGE_TOOK, effects);
    }
}

/* ---- Beats ---- */

/* The other side of a link of ours tells another table: it is looked into, if what differs is not on its way by itself. */
static void link_differs(struct link *link, const struct base *base, bool rows_differ, struct hc_effects *effects)
{
    bool quiet = base->now_ms - link->pushed_ms >= QUIET_MS && base->now_ms - link->moved_ms >= FRESH_MS;
    bool rests = !rows_differ && base->now_ms < link->rest_until_ms;
    link->differed++;
    if (!rests && !link->comparing && (quiet || link->differed > 2) && link->owed_under_way == 0 && link->taking == 0) {
        compare_begin(link, base, effects);
    }
}

static void beat_take(struct talk *talk, struct base *base, struct link *link, const struct hc_message *beat,
                      struct hc_effects *effects)
{
    struct member *member = link_member(link, base);
    bool rows;
    told_take(&link->theirs_told, beat);
    link->ring_there = beat->ring;
    if (link->ring_there) {
        link->pushes = true;
        push_wake(link, effects);
    }
    bool same = is_same(link, base, &rows);
    if (member) { /* it may be a newcomer, whose row came after its greeting */
        member_talks(member, HC_EXCHANGE_LINKS);
    }
    if (member && link->theirs_told.known) {
        (void)greeting_compare(base, member, link->theirs_told.rows);
    }
    link->synced = true;
    talk->intake.met = true;
    if (link->ours && link->comparing && rows && !same && !link->heeded) { /* K11: all that differs stands */
        link_stands(link, base);
    }
    link->comparing = link->comparing && !link->ours;
    if (!link->ours) {
        compare_beat(link, base, effects);
    } else if (same) {
        link->differed = 0;
    } else if (link->awaits_beat) { /* once a round: not again after each comparison */
        link_differs(link, base, !rows, effects);
    }
    link->awaits_beat = false;
}

void links_beat(struct talk *talk, struct base *base, struct hc_effects *effects)
{
    for (size_t i = 0; i < talk->links.count; i++) {
        struct link *link = talk->links.list[i];
        link->hints = 0;
        if (link->stage != LINK_UP) {
            continue;
        }
        if (link->ours) {
            compare_beat(link, base, effects);
            link->awaits_beat = true;
        }
        if (link->outbox.overrun && link->ours && !link->comparing) {
            compare_begin(link, base, effects);
        }
    }
}

bool links_await(const struct talk *talk)
{
    for (size_t i = 0; i < talk->links.count; i++) {
        const struct link *link = talk->links.list[i];
        if (link->ours && (link->stage != LINK_UP || link->awaits_beat || !link->synced)) {
            return true;
        }
    }
    return false;
}

bool links_agree(const struct talk *talk, const struct base *base)
{
    for (size_t i = 0; i < talk->links.count; i++) {
        const struct link *link = talk->links.list[i];
        const struct member *member = link_member(link, base);
        if (link->stage == LINK_UP && member && member->told_known && !member->agrees) {
            return false;
        }
    }
    return true;
}

/* ---- Messages ---- */

static enum hc_code up_message(struct talk *talk, struct base *base, struct own *own, struct link *link,
                               const struct hc_message *message, struct hc_effects *effects)
{
    switch (message->type) {
    case HC_MESSAGE_BEAT:
        beat_take(talk, base, link, message, effects);
        break;
    case HC_MESSAGE_NEWS:
        return news_take(talk, base, own, link, message, effects);
    case HC_MESSAGE_LAZY:
        link->pushes = link->ring || link->ring_there; /* K1: those of the ring stay eager */
        if (!link->pushes) {
            outbox_clear_news(&link->outbox);
        }
        break;
    case HC_MESSAGE_EAGER:
        if (!link->pushes) {
            link->whole_until_ms = base->now_ms + FRESH_MS;
        }
        if (!link->pushes && link->ours && !link->comparing) {
            compare_begin(link, base, effects); /* what it was not told meanwhile */
        }
        link->pushes = true;
        break;
    case HC_MESSAGE_BUCKETS:
        compare_buckets(link, base, message->words, effects);
        break;
    case HC_MESSAGE_LIST:
        compare_list(link, base, message->words, effects);
        break;
    case HC_MESSAGE_WANT:
        compare_want(link, base, message->words, effects);
        break;
    case HC_MESSAGE_ROWS:
        return owed_take(talk, base, own, link, message->state, effects);
    case HC_MESSAGE_TOOK:
        compare_took(link, base, effects);
        break;
    case HC_MESSAGE_BYE:
        link_close(link, effects);
        link_rest(link, base);
        link_gone(talk, base, link, HC_OK, "the peer gave it up", effects);
        break;
    case HC_MESSAGE_UNKNOWN:
        base_refuse(base, HC_BAD_FRAME, 1, "a message of a type that is not known here: skipped", effects);
        break;
    case HC_MESSAGE_ERROR:
        link_close(link, effects);
        link_suspect(talk, base, link, message->error.code < HC_CODE_COUNT ? message->error.code : HC_BAD_REPLY,
                     message->error.text, effects);
        break;
    case HC_MESSAGE_REQUEST:
    case HC_MESSAGE_REPLY:
    case HC_MESSAGE_HELLO:
    case HC_MESSAGE_WELCOME:
    case HC_MESSAGE_PROOF:
        link_refuse(talk, base, link, HC_BAD_FRAME, "this has no place on a link", effects);
        break;
    }
    return HC_OK;
}

enum hc_code link_message(struct talk *talk, struct base *base, struct own *own, const struct hc_event *event,
                          struct hc_effects *effects)
{
    struct link *link = links_find(&talk->links, event->handle);
    if (!link || base->leaving) {
        return HC_OK;
    }
    link->heard_ms = base->now_ms;
    switch (link->stage) {
    case LINK_OPENING:
        opening_message(talk, base, own, link, event->message, effects);
        break;
    case LINK_GREETED:
        greeted_message(talk, base, own, link, event->message, effects);
        break;
    case LINK_UP:
        return up_message(talk, base, own, link, event->message, effects);
    }
    return HC_OK;
}

/* ---- Time ---- */

static int64_t silence_ms(const struct talk *talk, const struct base *base, const struct link *link)
{
    return link->stage == LINK_UP ? base_rounds_ms(base, 3) / 2 * base->patience * base->lateness
                                  : calls_timeout_ms(&talk->calls, base);
}

int64_t links_deadline(const struct talk *talk, const struct base *base)
{
    int64_t deadline = INT64_MAX;
    for (size_t i = 0; i < talk->links.count; i++) {
        const struct link *link = talk->links.list[i];
        int64_t at = link->heard_ms + silence_ms(talk, base, link);
        deadline = at < deadline ? at : deadline;
    }
    return deadline;
}

void links_expire(struct talk *talk, struct base *base, struct hc_effects *effects)
{
    for (size_t i = 0; i < talk->links.count;) {
        struct link *link = talk->links.list[i];
        if (base->now_ms - link->heard_ms < silence_ms(talk, base, link)) {
            i++;
            continue;
        }
        link_close(link, effects);
        link_suspect(talk, base, link, HC_SILENT, NULL, effects); /* the next one takes its place */
    }
}

void links_overslept(struct talk *talk, const struct base *base)
{
    for (size_t i = 0; i < talk->links.count; i++) {
        talk->links.list[i]->heard_ms = base->now_ms;
    }
}
