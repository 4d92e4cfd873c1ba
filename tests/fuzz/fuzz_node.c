/* A life of a node, told by the input: messages from peers with real keys (rows properly signed, some conflicting, some
 * forged), raw frames, failures, payments, commits, time, and memory that runs out. After every step the node is whole.
 *
 * The first byte sets the node up; after it each step is an operation and its operands, as the functions below take
 * them.
 */
#include "fuzz.h"

#include "core/common/id.h"
#include "core/node/node.h"
#include "core/rows/state.h"
#include "howcoin/wire.h"
#include "sim/memory_faults.h"

#define STEPS_MAX 200
#define ASKED_MAX 64u
#define MESSAGE_ROWS_MAX 12u /* of a message; a raw frame has no room for more */

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
    } asked[ASKED_MAX];
    size_t asked_count;
};

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
        const struct hc_send *send = &effects->sends[i];
        replies += send->kind == HC_SEND_REPLY;
        ASSERT(send->kind == HC_SEND_CANCEL || hc_wire_size(&send->message) <= HC_FRAME_BYTES_MAX + 1);
        if (send->kind == HC_SEND_REQUEST) {
            size_t at = life->asked_count++ % ASKED_MAX;
            life->asked[at].handle = send->handle;
            memcpy(life->asked[at].nonce, send->message.nonce, HC_NONCE_BYTES);
        }
    }
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

/* A message of a peer with a real key; its proof is good unless the input says otherwise. */
static void message_take(struct life *life, struct fuzz_input *input, bool reply)
{
    const struct hc_identity *from = fuzz_key(fuzz_byte(input));
    size_t kept = life->asked_count < ASKED_MAX ? life->asked_count : ASKED_MAX;
    if (reply && kept == 0) {
        return;
    }
    size_t which = reply ? fuzz_byte(input) % kept : 0;
    struct hc_message message = {.type = reply ? HC_MESSAGE_REPLY : HC_MESSAGE_REQUEST,
                                 .state = state_take_from(input)};
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

static void operate(struct life *life, struct fuzz_input *input)
{
    static const enum hc_code failures[] = {HC_UNREACHABLE, HC_CLOSED, HC_BAD_REPLY, HC_WRONG_NETWORK};
    uint8_t operand, operation = fuzz_byte(input);
    if (operation == 255) {
        tags_take(life, input);
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
    struct life life = {.now_ms = 1000, .fail_after = -1, .durable = how & 4};
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
                                    .fanout = how & 32 ? 0 : 2,
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
