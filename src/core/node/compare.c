/* What differs, and what is done about it. */
#include "core/node/compare.h"

#include <string.h>

#include "core/common/id.h"
#include "core/node/digests.h"
#include "core/node/peers.h"
#include "core/node/told.h"

/* ---- Beats ---- */

void compare_beat(struct link *link, const struct base *base, struct hc_effects *effects)
{
    struct digest_pair now = {.known = true};
    struct hc_message *beat = link_say(link, HC_MESSAGE_BEAT, effects);
    if (!beat) {
        return;
    }
    beat->ring = link->ring;
    digests_now(now.rows, now.whole, base);
    if (!link->ours_told.known || memcmp(&now, &link->ours_told, sizeof now) != 0) {
        beat->has_digests = true;
        memcpy(beat->rows_digest, now.rows, HC_DIGEST_BYTES);
        memcpy(beat->whole_digest, now.whole, HC_DIGEST_BYTES);
        link->ours_told = now;
    }
}

/* ---- Lists ---- */

static bool covers(const uint8_t *covered, uint8_t bucket)
{
    return covered[bucket / 8] & (1u << bucket % 8);
}

static void cover(uint8_t *covered, unsigned bucket)
{
    covered[bucket / 8] = (uint8_t)(covered[bucket / 8] | 1u << bucket % 8);
}

/* An entry, and what we think of its owner. */
struct place {
    const struct entry *entry;
    struct member *member; /* NULL: it is our own */
};

/* The entry at `index`; `next_member` goes along: both are in order of ids. */
static struct place place_at(const struct base *base, size_t index, size_t *next_member)
{
    struct place place = {.entry = &base->table.entries[index]};
    if (!base_is_self(base, entry_id(place.entry))) {
        ASSERT(*next_member < base->members.count);
        place.member = &base->members.list[(*next_member)++];
        ASSERT(id_equal(place.member->id, entry_id(place.entry)));
    }
    return place;
}

static bool is_gone(const struct place *place)
{
    return place->member && place->member->status != HC_MEMBER_LIVE && !place->member->guessed;
}

/* Learned a moment ago: it is on its way by itself. */
static bool is_fresh(const struct link *link, const struct base *base, const struct place *place)
{
    int64_t changed_ms = place->member ? place->member->changed_ms : base->own_changed_ms;
    return base->now_ms >= link->whole_until_ms && base->now_ms - changed_ms < FRESH_MS;
}

static bool list_add(struct hc_words *words, const struct link *link, const struct base *base,
                     const struct place *place)
{
    struct listed *listed = words_add_listed(words);
    if (!listed) {
        return false;
    }
    memcpy(listed->id, entry_id(place->entry), ID_SHORT_BYTES);
    entry_listed_hash(listed->hash, place->entry);
    listed->gone = is_gone(place);
    listed->fresh = is_fresh(link, base, place);
    return true;
}

/* Says what we hold of the covered buckets, which have `count` rows. Ids can be chosen so that one bucket alone has more than a
 * message holds: then it is a part of them, in each round another one; the other side tells the rest in vain. */
static void list_say(const struct link *link, const struct base *base, const uint8_t *covered, size_t count,
                     struct hc_effects *effects)
{
    struct hc_words *words = words_new();
    size_t m = 0, turn = (size_t)(base->now_ms / (int64_t)base->gossip_interval_ms) * LIST_MESSAGE_ROWS;
    size_t skipped = count > LIST_MESSAGE_ROWS ? turn % count : 0;
    bool whole = words;
    for (size_t i = 0; whole && i < base->table.count; i++) {
        struct place place = place_at(base, i, &m);
        if (!covers(covered, entry_row(place.entry)->bucket) || !digests_tell(place.member)) {
            continue;
        }
        if (skipped > 0) {
            skipped--;
        } else if (words->listed_count < LIST_MESSAGE_ROWS) {
            whole = list_add(words, link, base, &place);
        }
    }
    struct hc_message *message = whole ? link_say(link, HC_MESSAGE_LIST, effects) : NULL;
    if (!message) {
        words_unref(words);
        return;
    }
    memcpy(words->covers, covered, sizeof words->covers);
    message->words = words;
}

/* Says it in as many messages as it takes. */
static void lists_say(const struct link *link, const struct base *base, const uint8_t *covered,
                      struct hc_effects *effects)
{
    uint8_t part[BUCKETS / 8] = {0};
    size_t counts[BUCKETS] = {0}, count = 0;
    for (size_t i = 0; i < base->table.count; i++) {
        counts[entry_row(&base->table.entries[i])->bucket]++;
    }
    for (unsigned b = 0; b < BUCKETS; b++) {
        if (!covers(covered, (uint8_t)b)) {
            continue;
        }
        if (count > 0 && count + counts[b] > LIST_MESSAGE_ROWS) {
            list_say(link, base, part, count, effects);
            memset(part, 0, sizeof part);
            count = 0;
        }
        cover(part, b);
        count += counts[b];
    }
    list_say(link, base, part, count, effects);
}

/* ---- What is owed ---- */

/* About how many bytes all rows of an entry take in a message. */
static size_t entry_bytes(const struct entry *entry)
{
    size_t bytes = entry_row(entry)->text_bytes + 16;
    for (size_t b = 0; entry_is_forked(entry) && b < entry->branch_count; b++) {
        bytes += entry->branches[b]->text_bytes + 4;
    }
    return bytes;
}

/* Adds the rows of a short id, if they fit beside the `*bytes` that are there; the first always do. */
static bool owed_add(struct hc_state *state, const struct base *base, const uint8_t *id, size_t *bytes)
{
    const struct table *table = &base->table;
    const size_t before = *bytes;
    for (size_t at = table_place_short(table, id); table_is_short(table, at, id); at++) {
        size_t added = entry_bytes(&table->entries[at]);
        if (before > 0 && *bytes + added > OWED_MESSAGE_BYTES) {
            return false;
        }
        *bytes += added;
        enum hc_code code = told_add(state, base, &table->entries[at]);
        (void)code; /* what memory lacked for is found again by the next comparison */
    }
    return true;
}

/* Sends a message of owed rows, as many as fit. */
static bool owed_say(struct link *link, const struct base *base, struct hc_effects *effects)
{
    struct hc_state *state;
    size_t bytes = 0;
    const uint8_t *id;
    if (state_new(&state) != HC_OK) {
        return false;
    }
    while ((id = outbox_next_owed(&link->outbox))) {
        if (!owed_add(state, base, id, &bytes)) {
            outbox_put_back_owed(&link->outbox);
            break;
        }
    }
    struct hc_message *message = bytes > 0 ? link_say(link, HC_MESSAGE_ROWS, effects) : NULL;
    if (!message) {
        state_unref(state);
        return false;
    }
    state_seal(state);
    message->state = state;
    link->owed_under_way++;
    link->moved_ms = base->now_ms;
    return true;
}

/* Sends owed rows, as far as they may be on their way at once; a beat says that there are no more. */
static void owed_go_on(struct link *link, const struct base *base, struct hc_effects *effects)
{
    while (link->owed_under_way < OWED_MESSAGES_MAX && outbox_owes(&link->outbox) && owed_say(link, base, effects)) {
        continue;
    }
    if (link->owed_under_way == 0 && !outbox_owes(&link->outbox)) {
        compare_beat(link, base, effects);
    }
}

/* A comparison begins: what was owed by the last one is found again. */
static void owed_forget(struct link *link)
{
    while (outbox_next_owed(&link->outbox)) {
        continue;
    }
}

void compare_took(struct link *link, const struct base *base, struct hc_effects *effects)
{
    if (link->owed_under_way > 0) {
        link->owed_under_way--;
        owed_go_on(link, base, effects);
    }
}

void compare_want(struct link *link, const struct base *base, const struct hc_words *words, struct hc_effects *effects)
{
    for (size_t i = 0; i < words->wanted_count; i++) {
        outbox_owe(&link->outbox, words->wanted[i]);
    }
    owed_go_on(link, base, effects);
}

void compare_ask(const struct link *link, struct hc_words *wanted, struct hc_effects *effects)
{
    struct hc_message *message = wanted && wanted->wanted_count > 0 ? link_say(link, HC_MESSAGE_WANT, effects) : NULL;
    if (message) {
        message->words = wanted;
    } else {
        words_unref(wanted);
    }
}

/* ---- The comparison ---- */

static bool guesses(const struct base *base)
{
    for (size_t i = 0; base->members.live_count < base->members.count && i < base->members.count; i++) {
        if (base->members.list[i].guessed) {
            return true;
        }
    }
    return false;
}

void compare_begin(struct link *link, const struct base *base, struct hc_effects *effects)
{
    uint8_t all[BUCKETS / 8];
    ASSERT(link->ours && link->stage == LINK_UP);
    owed_forget(link);
    link->outbox.overrun = false;
    link->comparing = true;
    link->heeded = false;
    if (base->table.count <= LIST_ROWS_MAX && !guesses(base)) {
        memset(all, 0xff, sizeof all);
        list_say(link, base, all, base->table.count, effects);
        return;
    }
    struct hc_words *words = words_new();
    struct hc_message *message = words && words_add_buckets(words) ? link_say(link, HC_MESSAGE_BUCKETS, effects) : NULL;
    if (!message) {
        words_unref(words);
        return;
    }
    const uint8_t(*buckets)[HC_DIGEST_BYTES] = digests_buckets(base);
    for (size_t b = 0; b < BUCKETS; b++) {
        memcpy(words->buckets[b], buckets[b], ID_SHORT_BYTES);
    }
    message->words = words;
}

void compare_buckets(struct link *link, const struct base *base, const struct hc_words *words,
                     struct hc_effects *effects)
{
    uint8_t covered[BUCKETS / 8] = {0};
    unsigned count = 0;
    const uint8_t(*buckets)[HC_DIGEST_BYTES] = digests_buckets(base);
    if (!words || !words->buckets) {
        return;
    }
    owed_forget(link);
    for (unsigned b = 0; b < BUCKETS; b++) {
        if (memcmp(words->buckets[b], buckets[b], ID_SHORT_BYTES) != 0) {
            cover(covered, b);
            count++;
        }
    }
    if (count > 0) {
        lists_say(link, base, covered, effects);
    } else {
        compare_beat(link, base, effects);
    }
}

/* What comes of going through a list. */
struct finding {
    struct hc_words *wanted, *verdicts; /* to be said; NULL without memory */
    size_t differ;                      /* rows */
    size_t standing, hinted;            /* statuses that both sides have looked into; others */
};

static void finding_want(struct finding *finding, struct link *link, const struct listed *listed,
                         struct hc_effects *effects)
{
    if (listed->fresh || !finding->wanted || !words_want(finding->wanted, listed->id)) {
        return;
    }
    if (finding->wanted->wanted_count == LINK_WORDS_MAX) {
        compare_ask(link, finding->wanted, effects);
        finding->wanted = words_new();
    }
}

/* The same row, but another opinion of its owner (K11): a hint, of which there are only so many a round (K9). */
static void finding_doubt(struct finding *finding, struct base *base, struct link *link, struct member *member,
                          const struct listed *listed)
{
    bool rests = peer_is_looked_into(base, member);
    finding->standing += rests;
    finding->hinted += !rests;
    member->standing = rests;
    struct verdict *verdict = finding->verdicts && finding->verdicts->verdict_count < LIST_VERDICTS_MAX
                                  ? words_add_verdict(finding->verdicts)
                                  : NULL;
    if (verdict) {
        memcpy(verdict->id, member->id, ID_SHORT_BYTES);
        verdict->version = base_member_row(base, member)->fields.version;
        verdict->reason = member->status == HC_MEMBER_LIVE ? HC_OK : member->reason;
    }
    if (!rests && link->hints < HINTS_A_ROUND_MAX) {
        link->hints++;
        (void)peer_hint(base, member, listed->gone ? HC_UNREACHABLE : HC_OK, link->id);
    }
}

/* A row that both hold. */
static void finding_same(struct finding *finding, struct base *base, struct link *link, const struct place *place,
                         const struct listed *listed, struct hc_effects *effects)
{
    uint8_t hash[ID_SHORT_BYTES];
    entry_listed_hash(hash, place->entry);
    if (memcmp(hash, listed->hash, ID_SHORT_BYTES) != 0) {
        finding->differ++;
        if (!listed->fresh && !is_fresh(link, base, place)) { /* otherwise the newer one is on its way */
            finding_want(finding, link, listed, effects);
            outbox_owe(&link->outbox, listed->id);
        }
    } else if (place->member && place->member->guessed) {
        if (!listed->gone) {
            peer_stands_guess(base, place->member, effects);
        } else {
            base->members.revision++;
            place->member->guessed = false; /* it is not only us */
            digests_judge(base, place->member);
        }
    } else if (place->member && is_gone(place) != listed->gone && place->member->status != HC_MEMBER_LEFT) {
        finding_doubt(finding, base, link, place->member, listed);
    } else if (place->member) {
        place->member->standing = false;
    }
}

/* Both lists are in order of ids: one pass over them. */
static void list_go_through(struct finding *finding, struct base *base, struct link *link, const struct hc_words *words,
                            struct hc_effects *effects)
{
    size_t l = 0, m = 0;
    for (size_t i = 0; i < base->table.count; i++) {
        struct place place = place_at(base, i, &m);
        const uint8_t *id = entry_id(place.entry);
        for (; l < words->listed_count && memcmp(words->listed[l].id, id, ID_SHORT_BYTES) < 0; l++) {
            finding->differ++;
            finding_want(finding, link, &words->listed[l], effects);
        }
        if (!covers(words->covers, entry_row(place.entry)->bucket)) {
            continue;
        }
        if (l < words->listed_count && memcmp(words->listed[l].id, id, ID_SHORT_BYTES) == 0) {
            finding_same(finding, base, link, &place, &words->listed[l++], effects);
        } else if (digests_tell(place.member) && !is_fresh(link, base, &place)) {
            finding->differ++;
            outbox_owe(&link->outbox, id);
        }
    }
    for (; l < words->listed_count; l++) {
        finding->differ++;
        finding_want(finding, link, &words->listed[l], effects);
    }
}

void compare_list(struct link *link, struct base *base, const struct hc_words *words, struct hc_effects *effects)
{
    struct finding finding = {.wanted = words_new(), .verdicts = words_new()};
    if (!words) {
        words_unref(finding.wanted);
        words_unref(finding.verdicts);
        return;
    }
    if (!link->ours) {
        owed_forget(link);
    }
    list_go_through(&finding, base, link, words, effects);
    if (finding.differ == 0 && finding.hinted == 0 && finding.standing > 0) {
        link_stands(link, base);
    }
    compare_ask(link, finding.wanted, effects);
    bool doubts = finding.verdicts && finding.verdicts->verdict_count > 0;
    struct hc_message *news = doubts ? link_say(link, HC_MESSAGE_NEWS, effects) : NULL;
    if (news) {
        news->words = finding.verdicts;
    } else {
        words_unref(finding.verdicts);
    }
    owed_go_on(link, base, effects);
}
