/* A life of a node, told by the input: messages from peers with real keys (rows properly signed, some conflicting, some
 * forged), links with all that can be said on them, in any order, raw frames, failures, payments, commits, time, and memory
 * that runs out. After every step the node is whole.
 *
 * The first byte sets the node up; after it each step is an operation and its operands, as the functions below take
 * them.
 */
#include "fuzz.h"

#include "core/common/id.h"
#include "core/common/memory.h"
#include "core/node/node.h"
#include "core/rows/patch.h"
#include "core/rows/state.h"
#include "howcoin/wire.h"
#include "sim/memory_faults.h"

#define STEPS_MAX 200
#define ASKED_MAX 64u
#define MESSAGE_ROWS_MAX 12u /* of a message; a raw frame has no room for more */
#define LINKS_MAX 1024u      /* more than a life opens */
#define WORDS_MAX 12u        /* of each kind in a message */

struct life {
    struct hc_node *node;
    struct hc_effects effects;
    int64_t now_ms;
    bool durable, committing;
    long fail_after; /* allocations of the next step that succeed; negative: all */
    /* What the node asked, the latest last. */
    struct {
        uint64_t handle;
        uint8_t nonce[HC_NONCE_BYTES];
        bool hello; /* an ask, and not a request of the simple form */
    } asked[ASKED_MAX];
    size_t asked_count;
    /* Links that are open, for the node too. */
    struct connection {
        uint64_t handle;
        const struct hc_identity *from; /* of one that was opened to the node: who says that it opened it */
        uint8_t nonces[2][HC_NONCE_BYTES];
    } links[LINKS_MAX];
    size_t link_count;
    uint64_t next_handle;
};

/* ---- Steps, and what must hold after each ---- */

static struct connection *connection_find(struct life *life, uint64_t handle)
{
    for (size_t i = 0; i < life->link_count; i++) {
        if (life->links[i].handle == handle) {
            return &life->links[i];
        }
    }
    return NULL;
}

static struct connection *connection_add(struct life *life, uint64_t handle)
{
    ASSERT(life->link_count < LINKS_MAX && !connection_find(life, handle));
    struct connection *link = &life->links[life->link_count++];
    *link = (struct connection){.handle = handle};
    return link;
}

static void connection_remove(struct life *life, struct connection *link)
{
    *link = life->links[--life->link_count];
}

/* What the node does with its links; it says nothing on one that is over. */
static void link_effect(struct life *life, const struct hc_send *send)
{
    struct connection *link = connection_find(life, send->handle);
    if (send->kind == HC_SEND_OPEN) {
        ASSERT(send->message.type == HC_MESSAGE_HELLO && send->message.keep && !(send->handle & HC_HANDLE_THEIRS));
        link = connection_add(life, send->handle);
        memcpy(link->nonces[0], send->message.nonce, HC_NONCE_BYTES);
        return;
    }
    ASSERT(link);
    if (send->kind == HC_SEND_CLOSE) {
        connection_remove(life, link);
    } else if (send->message.type == HC_MESSAGE_WELCOME) {
        memcpy(link->nonces[1], send->message.nonce, HC_NONCE_BYTES);
    }
}

static void sends_check(struct life *life, const struct hc_effects *effects)
{
    for (size_t i = 0; i < effects->send_count; i++) {
        const struct hc_send *send = &effects->sends[i];
        bool has_message = send->kind != HC_SEND_CANCEL && send->kind != HC_SEND_CLOSE;
        bool of_link = send->kind == HC_SEND_OPEN || send->kind == HC_SEND_LINK;
        size_t most = of_link ? LINK_MESSAGE_BYTES_MAX : HC_FRAME_BYTES_MAX + 1;
        ASSERT(!has_message || hc_wire_size(&send->message) <= most);
        if (send->kind == HC_SEND_REQUEST) {
            size_t at = life->asked_count++ % ASKED_MAX;
            life->asked[at].handle = send->handle;
            life->asked[at].hello = send->message.type == HC_MESSAGE_HELLO;
            memcpy(life->asked[at].nonce, send->message.nonce, HC_NONCE_BYTES);
        } else if (of_link || send->kind == HC_SEND_CLOSE) {
            link_effect(life, send);
        }
    }
}

static void step(struct life *life, struct hc_event event)
{
    event.now_ms = life->now_ms;
    long fail_after = life->fail_after;
    life->fail_after = -1;
    if (fail_after >= 0) {
        memory_fail_after(fail_after);
    }
    enum hc_code code = hc_node_step(life->node, &event, &life->effects);
    if (fail_after >= 0) {
        memory_fail_after(-1);
    }
    ASSERT(code == HC_OK || (fail_after >= 0 && code == HC_NO_MEMORY));
    ASSERT(node_verify(life->node));
    const struct hc_effects *effects = &life->effects;
    size_t replies = 0;
    for (size_t i = 0; i < effects->send_count; i++) {
        replies += effects->sends[i].kind == HC_SEND_REPLY;
    }
    sends_check(life, effects);
    /* Only without memory may a request stay unanswered. */
    bool answers = event.kind == HC_EVENT_REQUEST && !effects->stopped;
    ASSERT(replies == answers || (fail_after >= 0 && replies == 0) || effects->stopped);
    ASSERT(!effects->commit.row || !life->committing);
    life->committing = life->durable && (life->committing || effects->commit.row);
    /* L4: only forked owners are in debt; besides ourselves (M5), and payees of an owner that signed more conflicting
     * rows than are kept. */
    const struct table *table = node_table(life->node);
    bool incomplete = false;
    for (size_t i = 0; i < table->count; i++) {
        incomplete = incomplete || table->entries[i].incomplete;
    }
    struct hc_node_view view;
    hc_node_look(life->node, &view);
    for (size_t i = 0; i < view.known; i++) {
        struct hc_node_row_view row;
        hc_node_look_at(life->node, i, &row);
        ASSERT(row.balance >= 0 || row.forked || row.self || incomplete);
    }
}

/* A row: its owner, version, draw, payments, and what is wrong with it. */
static struct hc_row *row_take(struct fuzz_input *input)
{
    static const uint64_t amounts[] = {0, 1, 2, 5, 10, 30, 115, HC_NUMBER_MAX};
    const struct hc_identity *owner = fuzz_key(fuzz_byte(input));
    uint8_t how = fuzz_byte(input), version = fuzz_byte(input), payees = fuzz_byte(input);
    struct hc_sent sent[FUZZ_KEYS];
    struct hc_row_fields fields = {.addr = how & 1 ? "127.0.0.1:8001" : "h:1",
                                   .name = how & 2 ? "n" : "",
                                   .sent = sent,
                                   .left = how & 4,
                                   .draw = 1 + version % 8u,
                                   .version = version == 255 ? HC_NUMBER_MAX : 8 + version / 4u};
    fields.draw = (how & 0xf0) == 0x60 && version != 255 ? fields.version + 1 : fields.draw;
    id_copy(fields.id, owner->id);
    fields.coins = network_draw(fuzz_coins(), fields.id, fields.draw);
    fields.coins += (how & 0xf0) == 0x70;
    if ((how & 0x78) == 0x68) {
        fields.tags = (const uint8_t *)"\1a\0\1b";
        fields.tags_bytes = 5;
        fields.more = "{\"a\":[1]}";
        fields.more_bytes = version & 1 ? 9 : 0;
    }
    for (unsigned i = 0; i < FUZZ_KEYS; i++) {
        if (!(payees >> i & 1) || fuzz_key(i) == owner) {
            continue;
        }
        struct hc_sent to = {.amount = amounts[fuzz_byte(input) % 8u]};
        if (to.amount == 0) {
            continue;
        }
        size_t at = fields.sent_count++;
        id_copy(to.payee, fuzz_key(i)->id);
        for (; at > 0 && id_compare(sent[at - 1].payee, to.payee) > 0; at--) {
            sent[at] = sent[at - 1];
        }
        sent[at] = to;
    }
    struct hc_row *row;
    enum hc_code code = row_fields_check(&fields, NULL);
    ASSERT(code == HC_OK);
    code = row_sign(&row, &fields, fuzz_coins(), owner);
    ASSERT(code == HC_OK);
    row->verified = false;
    row->sig[3] ^= (how & 0xf0) == 0xf0;
    return row;
}

static struct hc_state *state_take_from(struct fuzz_input *input)
{
    struct hc_state *state;
    unsigned rows = fuzz_byte(input) % MESSAGE_ROWS_MAX;
    enum hc_code code = state_new(&state);
    ASSERT(code == HC_OK);
    for (unsigned i = 0; i < rows; i++) {
        uint8_t where = fuzz_byte(input);
        struct hc_row *row = row_take(input);
        code = where % 4 < 2    ? state_add_live(state, row)
               : where % 4 == 2 ? state_add_gone(state, row, where * 5000u)
                                : state_add_fork(state, row);
        ASSERT(code == HC_OK);
        hc_row_unref(row);
    }
    state_seal(state);
    return state;
}

/* What a hello or a welcome says beside its proof. */
static void greeting_take(struct life *life, struct fuzz_input *input, struct hc_message *message,
                          enum hc_message_type type)
{
    uint8_t how = fuzz_byte(input);
    *message = (struct hc_message){.type = type,
                                   .lowest = HC_WIRE_VERSION,
                                   .highest = HC_WIRE_VERSION,
                                   .links = !(how & 1),
                                   .has_digests = how & 2,
                                   .reached = (enum hc_reach)(how / 4 % 3),
                                   .your_version = how / 16,
                                   .dropped_why = how & 128 ? HC_SILENT : HC_OK,
                                   .dropped_ago_s = how};
    memcpy(message->network, fuzz_coins()->id, HC_NETWORK_BYTES);
    message->nonce[0] = how;
    if (how & 8) {
        hc_node_digest(life->node, message->rows_digest);
    }
}

/* A message of a peer with a real key; its proof is good unless the input says otherwise. */
static void message_take(struct life *life, struct fuzz_input *input, bool reply)
{
    const struct hc_identity *from = fuzz_key(fuzz_byte(input));
    size_t kept = life->asked_count < ASKED_MAX ? life->asked_count : ASKED_MAX;
    if (reply && kept == 0) {
        return;
    }
    size_t which = reply ? fuzz_byte(input) % kept : 0;
    bool hello = reply ? life->asked[which].hello : life->now_ms % 4 == 3;
    struct hc_message message = {0};
    if (hello) {
        greeting_take(life, input, &message, reply ? HC_MESSAGE_WELCOME : HC_MESSAGE_HELLO);
    } else {
        message =
            (struct hc_message){.type = reply ? HC_MESSAGE_REPLY : HC_MESSAGE_REQUEST, .state = state_take_from(input)};
    }
    memcpy(message.network, fuzz_coins()->id, HC_NETWORK_BYTES);
    id_copy(message.from, from->id);
    message.reached = reply ? (enum hc_reach)(life->now_ms % 3) : HC_REACH_UNKNOWN;
    uint64_t handle = 1;
    if (reply) {
        handle = life->asked[which].handle;
        proof_make(from, message.proof, fuzz_coins(), life->asked[which].nonce, fuzz_key(0)->id);
        message.proof[0] ^= fuzz_byte(input) == 1;
    }
    step(life,
         (struct hc_event){.kind = reply ? HC_EVENT_REPLY : HC_EVENT_REQUEST, .handle = handle, .message = &message});
    hc_message_clear(&message);
}

/* A raw frame, which is refused, a request or a reply. */
static void frame_take(struct life *life, struct fuzz_input *input)
{
    size_t left = (size_t)(input->end - input->at), bytes = fuzz_byte(input) * 8u;
    bytes = bytes < left ? bytes : left > 0 ? left - 1 : 0;
    struct hc_message message;
    struct hc_fault fault;
    enum hc_code code = hc_wire_decode(&message, (const char *)input->at, bytes, fuzz_coins()->id, &fault);
    input->at += bytes;
    if (code != HC_OK) {
        const char hosts[] = {(char)('a' + life->now_ms % 26), '\0'};
        step(life, (struct hc_event){.kind = HC_EVENT_REFUSED, .code = code, .text = fault.text, .host = hosts});
    } else if (message.type == HC_MESSAGE_REQUEST) {
        step(life, (struct hc_event){.kind = HC_EVENT_REQUEST, .handle = 2, .message = &message});
    } else {
        uint64_t handle = life->asked_count > 0 ? life->asked[(life->asked_count - 1) % ASKED_MAX].handle : 0;
        step(life, (struct hc_event){.kind = HC_EVENT_REPLY, .handle = handle, .message = &message});
    }
    hc_message_clear(&message);
}

/* Changes of our own tags, up to as many as there is room for. */
static void tags_take(struct life *life, struct fuzz_input *input)
{
    struct hc_tags changes = {0};
    for (unsigned count = fuzz_byte(input) % 4u; count > 0; count--) {
        uint8_t key = fuzz_byte(input), value = fuzz_byte(input);
        char text[HC_TAGS_BYTES_MAX], name = (char)('a' + key % 8);
        memset(text, 'v', sizeof text);
        enum hc_code code = hc_tags_add(
            &changes, &(struct hc_tag){.key = &name, .key_bytes = 1, .value = text, .value_bytes = value * 3u}, NULL);
        ASSERT(code == HC_OK || code == HC_BAD_TAG);
    }
    step(life, (struct hc_event){.kind = HC_EVENT_TAG, .handle = 4, .tags = &changes});
}

static void error_take(struct life *life, struct fuzz_input *input)
{
    struct hc_message message = {.type = HC_MESSAGE_ERROR};
    uint64_t handle = life->asked[fuzz_byte(input) % ASKED_MAX].handle;
    (void)fault_set(&message.error, (enum hc_code)(fuzz_byte(input) % (HC_CODE_COUNT + 1)), "so");
    step(life, (struct hc_event){.kind = HC_EVENT_REPLY, .handle = handle, .message = &message});
}

/* ---- Links ---- */

static const enum hc_code failures[] = {HC_UNREACHABLE, HC_CLOSED, HC_BAD_REPLY, HC_WRONG_NETWORK};

/* Another node opens a link; nobody proves anything yet. */
static void link_open_take(struct life *life, struct fuzz_input *input)
{
    struct hc_message hello;
    const struct hc_identity *from = fuzz_key(fuzz_byte(input));
    greeting_take(life, input, &hello, HC_MESSAGE_HELLO);
    hello.keep = true;
    id_copy(hello.from, from->id);
    if (life->link_count + LINKS_OURS_MAX * 2 >= LINKS_MAX) {
        return;
    }
    uint64_t handle = HC_HANDLE_THEIRS | life->next_handle++;
    struct connection *link = connection_add(life, handle);
    link->from = from;
    memcpy(link->nonces[0], hello.nonce, HC_NONCE_BYTES);
    step(life, (struct hc_event){.kind = HC_EVENT_LINK_OPENED, .handle = handle, .message = &hello});
}

/* A welcome or a proof, of the right key unless the input says otherwise. */
static void proof_take(struct life *life, struct fuzz_input *input, const struct connection *link,
                       struct hc_message *message)
{
    uint8_t who = fuzz_byte(input);
    if (link->handle & HC_HANDLE_THEIRS) {
        *message = (struct hc_message){.type = HC_MESSAGE_PROOF};
        link_proof_make(who < 200 ? link->from : fuzz_key(who), message->proof, fuzz_coins(), link->nonces[0],
                        link->nonces[1], fuzz_key(0)->id);
        return;
    }
    const struct hc_identity *from = fuzz_key(who);
    for (size_t i = 0; who < 200 && i < hc_node_link_count(life->node); i++) {
        struct hc_node_link_view view;
        hc_node_link(life->node, i, &view);
        for (unsigned k = 0; k < FUZZ_KEYS && view.handle == link->handle; k++) {
            from = id_equal(fuzz_key(k)->id, view.id) ? fuzz_key(k) : from;
        }
    }
    greeting_take(life, input, message, HC_MESSAGE_WELCOME);
    message->keep = who % 8 != 7;
    id_copy(message->from, from->id);
    proof_make(from, message->proof, fuzz_coins(), link->nonces[0], fuzz_key(0)->id);
}

/* The id of a row that the node has, or another one. */
static const uint8_t *id_take(const struct life *life, struct fuzz_input *input)
{
    const struct table *table = node_table(life->node);
    uint8_t which = fuzz_byte(input);
    return table->count > 0 && which < 200 ? entry_id(&table->entries[which % table->count]) : fuzz_key(which)->id;
}

/* A patch as its owner would make it of the row that the node has, or something like it. */
static void patch_take(const struct life *life, struct fuzz_input *input, struct hc_words *words)
{
    uint8_t wrong = fuzz_byte(input);
    struct hc_row *row = row_take(input);
    const struct entry *entry = table_find(node_table(life->node), row->fields.id);
    struct patch *patch = words_add_patch(words);
    ASSERT(patch);
    if (!entry || patch_make(patch, entry_row(entry), row) != PATCH_MADE) {
        memcpy(patch->id, row->fields.id, ID_SHORT_BYTES);
        patch->base = wrong;
        patch->version = row->fields.version > wrong ? row->fields.version : patch->base + 1;
        patch->draw = row->fields.draw;
        patch->coins = row->fields.coins;
        memcpy(patch->sig, row->sig, HC_SIGNATURE_BYTES);
    }
    patch->sig[0] ^= wrong == 1;
    patch->coins ^= wrong == 2;
    patch->version = wrong == 3 ? HC_NUMBER_MAX : patch->version;
    patch->base -= wrong == 4 && patch->base > 0;
    hc_row_unref(row);
}

static void listed_take(const struct life *life, struct fuzz_input *input, struct hc_words *words)
{
    uint8_t how = fuzz_byte(input);
    const uint8_t *id = id_take(life, input);
    const struct entry *entry = table_find(node_table(life->node), id);
    if (words->listed_count > 0 && memcmp(words->listed[words->listed_count - 1].id, id, ID_SHORT_BYTES) > 0) {
        return; /* refused before a node sees it */
    }
    struct listed *listed = words_add_listed(words);
    ASSERT(listed);
    memcpy(listed->id, id, ID_SHORT_BYTES);
    if (entry && !(how & 4)) {
        memcpy(listed->hash, entry_row(entry)->hash, ID_SHORT_BYTES);
    }
    listed->gone = how & 1;
    listed->fresh = how & 2;
}

static struct hc_words *words_take(const struct life *life, struct fuzz_input *input, enum hc_message_type type)
{
    struct hc_words *words = words_new();
    uint8_t how = fuzz_byte(input);
    ASSERT(words);
    memset(words->covers, how & 1 ? 0xff : how, sizeof words->covers);
    if (type == HC_MESSAGE_BUCKETS) {
        CHECK(words_add_buckets(words));
        memset(words->buckets, how, BUCKETS * sizeof *words->buckets);
        return words;
    }
    for (unsigned count = how % WORDS_MAX; count > 0; count--) {
        if (type == HC_MESSAGE_LIST) {
            listed_take(life, input, words);
        } else if (type == HC_MESSAGE_WANT) {
            CHECK(words_want(words, id_take(life, input)));
        } else if (how & 128) {
            patch_take(life, input, words);
        } else {
            struct verdict *verdict = words_add_verdict(words);
            ASSERT(verdict);
            memcpy(verdict->id, id_take(life, input), ID_SHORT_BYTES);
            verdict->version = fuzz_byte(input) * 4u;
            verdict->reason = verdict->version % 8 ? HC_OK : HC_SILENT;
        }
    }
    return words;
}

/* Anything at all that can be said on a link. */
static void link_message_fill(struct life *life, struct fuzz_input *input, const struct connection *link,
                              struct hc_message *message)
{
    uint8_t what = fuzz_byte(input);
    *message = (struct hc_message){.type = (enum hc_message_type)(what % (HC_MESSAGE_UNKNOWN + 1))};
    switch (message->type) {
    case HC_MESSAGE_REQUEST:
    case HC_MESSAGE_REPLY:
    case HC_MESSAGE_ROWS:
        message->state = state_take_from(input);
        break;
    case HC_MESSAGE_HELLO:
        greeting_take(life, input, message, HC_MESSAGE_HELLO);
        break;
    case HC_MESSAGE_WELCOME:
    case HC_MESSAGE_PROOF:
        proof_take(life, input, link, message);
        break;
    case HC_MESSAGE_ERROR:
        (void)fault_set(&message->error, (enum hc_code)(fuzz_byte(input) % (HC_CODE_COUNT + 1)), "so");
        break;
    case HC_MESSAGE_BEAT:
        message->ring = what & 64;
        message->has_digests = what & 128;
        message->rows_digest[0] = fuzz_byte(input);
        if (message->rows_digest[0] < 100) {
            hc_node_digest(life->node, message->rows_digest);
        }
        break;
    case HC_MESSAGE_NEWS:
        message->state = what & 64 ? state_take_from(input) : NULL;
        message->words = what & 128 ? NULL : words_take(life, input, HC_MESSAGE_NEWS);
        break;
    case HC_MESSAGE_BUCKETS:
    case HC_MESSAGE_LIST:
    case HC_MESSAGE_WANT:
        message->words = words_take(life, input, message->type);
        break;
    case HC_MESSAGE_LAZY:
    case HC_MESSAGE_EAGER:
    case HC_MESSAGE_TOOK:
    case HC_MESSAGE_BYE:
    case HC_MESSAGE_UNKNOWN:
        break;
    }
}

static void link_take(struct life *life, struct fuzz_input *input, bool greeting)
{
    uint8_t which = fuzz_byte(input);
    struct hc_message message;
    if (life->link_count == 0) {
        return;
    }
    struct connection *link = &life->links[life->link_count - 1 - which % life->link_count];
    uint64_t handle = link->handle;
    if (greeting) {
        proof_take(life, input, link, &message);
    } else {
        link_message_fill(life, input, link, &message);
    }
    step(life, (struct hc_event){.kind = HC_EVENT_LINK_MESSAGE, .handle = handle, .message = &message});
    hc_message_clear(&message);
}

static void link_end_take(struct life *life, struct fuzz_input *input)
{
    uint8_t operand = fuzz_byte(input);
    if (life->link_count > 0) {
        struct connection *link = &life->links[operand % life->link_count];
        uint64_t handle = link->handle;
        connection_remove(life, link);
        step(life, (struct hc_event){
                       .kind = HC_EVENT_LINK_ENDED, .handle = handle, .code = failures[operand / 64], .text = "so"});
    }
}

static void operate_link(struct life *life, struct fuzz_input *input, uint8_t operation)
{
    switch (operation % 8) {
    case 0:
        link_open_take(life, input);
        break;
    case 1:
        link_open_take(life, input);
        link_take(life, input, true);
        break;
    case 2:
        link_take(life, input, true);
        break;
    case 3:
        link_end_take(life, input);
        break;
    case 4:
        step(life, (struct hc_event){.kind = HC_EVENT_SURVEY, .amount = fuzz_byte(input) % 16u});
        break;
    default:
        link_take(life, input, false);
        break;
    }
}

#define LINK_OPERATIONS 192u /* from this on */

static void operate(struct life *life, struct fuzz_input *input)
{
    uint8_t operand, operation = fuzz_byte(input);
    if (operation == 255) {
        tags_take(life, input);
        return;
    }
    if (operation >= LINK_OPERATIONS) {
        operate_link(life, input, operation);
        return;
    }
    switch (operation % 12u) {
    case 0: /* to the deadline, or past it */
        operand = fuzz_byte(input);
        if (hc_node_deadline(life->node) != INT64_MAX && hc_node_deadline(life->node) > life->now_ms) {
            life->now_ms =
                hc_node_deadline(life->node); /* not before now: a round may end after the next one was due */
        }
        life->now_ms += operand < 200 ? 0 : (int64_t)(operand - 200) * (operand - 200) * (operand == 255 ? 100000 : 10);
        step(life, (struct hc_event){.kind = HC_EVENT_TIMEOUT});
        /* A late node may have many things due, one for each held row among them, but it finishes. */
        for (size_t more = 0;
             more < 4 + HELD_MAX * (MESSAGE_ROWS_MAX + 1) && hc_node_deadline(life->node) <= life->now_ms; more++) {
            step(life, (struct hc_event){.kind = HC_EVENT_TIMEOUT});
        }
        ASSERT(hc_node_deadline(life->node) > life->now_ms);
        break;
    case 1:
        life->now_ms += fuzz_byte(input);
        step(life, (struct hc_event){.kind = HC_EVENT_TIMEOUT});
        break;
    case 2:
    case 3:
        message_take(life, input, false);
        break;
    case 4:
    case 5:
        message_take(life, input, true);
        break;
    case 6:
        frame_take(life, input);
        break;
    case 7:
        operand = fuzz_byte(input);
        step(life, (struct hc_event){.kind = HC_EVENT_FAILURE,
                                     .handle = life->asked[operand % ASKED_MAX].handle,
                                     .code = failures[operand / 64]});
        break;
    case 8:
        error_take(life, input);
        break;
    case 9:
        operand = fuzz_byte(input);
        step(life,
             (struct hc_event){
                 .kind = HC_EVENT_PAY, .handle = 3, .payee = fuzz_key(operand)->id, .amount = (uint64_t)operand / 8});
        break;
    case 10:
        operand = fuzz_byte(input);
        if (life->committing) {
            life->committing = false;
            step(life,
                 (struct hc_event){.kind = operand == 255 ? HC_EVENT_COMMIT_FAILED : HC_EVENT_COMMITTED, .text = "so"});
        } else if (operand == 254) {
            step(life, (struct hc_event){.kind = HC_EVENT_LEAVE});
        }
        break;
    default:
        life->fail_after = fuzz_byte(input) % 32;
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const contacts[] = {"127.0.0.1:8001", "other:1"};
    struct fuzz_input input = {data, data + size};
    uint8_t how = fuzz_byte(&input);
    struct life life = {.now_ms = 1000, .fail_after = -1, .durable = how & 4, .next_handle = 1};
    struct hc_node_config config = {.identity = *fuzz_key(0),
                                    .network = fuzz_coins(),
                                    .address = "127.0.0.1:8000",
                                    .name = "",
                                    .contacts = contacts,
                                    .contact_count = how % 4u % 3u,
                                    .gossip_interval_ms = 3000,
                                    .mutate_interval_ms = how & 8 ? 8000 : 0,
                                    .durable = how & 4,
                                    .recovering = (how & 20) == 20,
                                    .checks_a_step = 1 + how / 64u,
                                    .exchange = how & 32 ? HC_EXCHANGE_LINKS : HC_EXCHANGE_FULL,
                                    .fanout = how & 8 ? 0 : 2,
                                    .seed = {how}};
    enum hc_code code = hc_node_new(&life.node, &config);
    ASSERT(code == HC_OK);
    step(&life, (struct hc_event){.kind = HC_EVENT_START});
    for (int i = 0; i < STEPS_MAX && input.at < input.end; i++) {
        operate(&life, &input);
    }
    hc_effects_free(&life.effects);
    hc_node_free(life.node);
    return 0;
}
