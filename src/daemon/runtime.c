/* The good path: runtime_run binds and listens (port 0 becomes known), opens the state directory of the port, makes
 * the node, opens the control socket, steps HC_EVENT_START, and runs the loop. Callbacks put what happened into the
 * inbox. on_check, which comes round after each poll, takes it out, item by item: one hc_node_step each, and its
 * effects in their order: persist, send, notify. The disk's work is done elsewhere (disk.h); what became of it is
 * asked for at the beginning of on_check, and is a step, too: only HC_EVENT_COMMITTED lets the node tell what it
 * signed. Then comes HC_EVENT_TIMEOUT, if the node's deadline has passed: after what was read, so that a reply that
 * is here counts as in time. The node's timer does nothing but wake the loop.
 *
 * The end: the first signal (or `leave`) becomes HC_EVENT_LEAVE, and the last timer runs, in case the goodbye hangs.
 * When the node has stopped, no connection is accepted any more, and what is being written may end (SHUTDOWN_MS_MAX);
 * then everything is closed, and the loop runs until every close callback has come: uv_loop_close must find nothing.
 * A second signal goes there at once.
 *
 * What fails at the start goes to the same end, with what was opened until then. All handles are readied at the very
 * beginning, so that the end can close them without asking which there are.
 */
#include "daemon/runtime.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <uv.h>

#include "core/common/address.h"
#include "core/common/error.h"
#include "core/common/id.h"
#include "daemon/address.h"
#include "daemon/boot.h"
#include "daemon/clock.h"
#include "daemon/control.h"
#include "daemon/decoder.h"
#include "daemon/disk.h"
#include "daemon/endpoint.h"
#include "daemon/exchange.h"
#include "daemon/inbox.h"
#include "daemon/kept.h"
#include "daemon/limits.h"
#include "daemon/lookup.h"
#include "daemon/output.h"
#include "daemon/payments.h"
#include "daemon/session.h"
#include "daemon/state_dir.h"
#include "daemon/store.h"
#include "howcoin/node.h"
#include "howcoin/row.h"
#include "howcoin/wire.h"

enum { SIGNALS = 3 };

/* A terminal that is closed (SIGHUP) is a reason to say goodbye, too; under nohup it is none. */
static const int signal_numbers[SIGNALS] = {SIGINT, SIGTERM, SIGHUP};

struct runtime {
    uv_loop_t loop;
    uv_check_t check;
    uv_prepare_t prepare;
    uint64_t prepared_ns, prepared_idle_ns; /* when the loop last went to look at its sockets */
    uv_timer_t timer;                       /* the node's deadline */
    uv_timer_t last;                        /* of the goodbye, then of the shutdown */
    uv_signal_t signals[SIGNALS];
    struct inbox inbox;
    struct decoder decoder;
    struct sessions sessions;
    struct lookups lookups;
    struct exchanges exchanges;
    struct kept kept;
    struct disk disk;
    struct payments payments;
    struct control control;
    struct state_dir directory;
    const struct runtime_config *config;
    struct runtime_facts facts;
    char address[HC_ADDR_BYTES_MAX + 1];
    struct hc_node *node;
    struct hc_effects effects;
    bool announced; /* the observer was told of the start */
    bool leaving;   /* asked to leave */
    bool stopping;  /* the node has stopped, or is given no more time */
};

static void runtime_step(struct runtime *runtime, const struct hc_event *event);

/* ---- the end ---- */

static void finish(struct runtime *runtime)
{
    sessions_abort(&runtime->sessions);
    kept_abort(&runtime->kept);
    control_abort(&runtime->control);
    uv_stop(&runtime->loop);
}

static void on_last_timer(uv_timer_t *timer);

/* Ends all that need not be waited for. `goodbye`: the node has said it. */
static void runtime_stop(struct runtime *runtime, bool goodbye)
{
    if (runtime->stopping) {
        return;
    }
    runtime->stopping = true;
    uv_timer_stop(&runtime->timer);
    exchanges_stop(&runtime->exchanges);
    kept_stop(&runtime->kept);
    lookups_stop(&runtime->lookups);
    sessions_stop(&runtime->sessions);
    payments_stop(&runtime->payments);
    control_stop(&runtime->control, goodbye);
    disk_stop(&runtime->disk);
    uv_timer_start(&runtime->last, on_last_timer, SHUTDOWN_MS_MAX, 0);
    inbox_wake(&runtime->inbox); /* on_check looks whether anything is left */
}

static void on_last_timer(uv_timer_t *timer)
{
    struct runtime *runtime = timer->data;
    if (runtime->stopping) {
        finish(runtime);
    } else {
        runtime_stop(runtime, false);
    }
}

static void runtime_leave(struct runtime *runtime, int64_t now_ms)
{
    struct hc_event event = {.kind = HC_EVENT_LEAVE, .now_ms = now_ms};
    if (runtime->leaving) {
        return;
    }
    runtime->leaving = true;
    uv_timer_start(&runtime->last, on_last_timer, GOODBYE_MS_MAX, 0);
    runtime_step(runtime, &event);
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct runtime *runtime = handle->data;
    (void)number;
    if (runtime->leaving) {
        runtime_stop(runtime, false);
        finish(runtime);
    } else if (!inbox_push(&runtime->inbox, INBOX_LEAVE, 0, NULL)) {
        runtime_stop(runtime, false);
    }
}

/* ---- effects: persist, send, notify ---- */

static void commit_persist(struct runtime *runtime, const struct hc_commit *commit)
{
    struct store_payment *payments = NULL;
    size_t count = 0;
    if (commit->payment_count > 0) {
        payments = calloc(commit->payment_count, sizeof *payments);
        if (!payments) {
            disk_fail(&runtime->disk, "out of memory");
            return;
        }
    }
    for (size_t i = 0; i < commit->payment_count; i++) {
        const struct store_payment *payment = payments_get(&runtime->payments, commit->payments[i]);
        if (payment) {
            payments[count] = *payment;
            payments[count++].version = hc_row_fields(commit->row)->version;
        }
    }
    disk_commit(&runtime->disk, commit->row, payments, count);
    free(payments);
}

static void effects_persist(struct runtime *runtime)
{
    const struct hc_effects *effects = &runtime->effects;
    bool payments_only = runtime->config->ephemeral;
    if (effects->commit.row && (!payments_only || effects->commit.payment_count > 0)) {
        commit_persist(runtime, &effects->commit);
    }
    for (size_t i = 0; i < effects->notice_count; i++) {
        const struct hc_notice *notice = &effects->notices[i];
        if (notice->kind == HC_NOTICE_RECEIVED && notice->row) {
            disk_received(&runtime->disk, notice->row, notice->to);
        }
    }
    if (!payments_only) {
        disk_changed(&runtime->disk, (const uint8_t(*)[HC_ID_BYTES])effects->changed, effects->changed_count);
    }
}

static void request_send(struct runtime *runtime, const struct hc_send *send)
{
    if (exchanges_begin(&runtime->exchanges, send->handle, send->address, &send->message)) {
        return;
    }
    struct hc_fault fault;
    fault_set(&fault, HC_NO_MEMORY, "out of memory");
    /* Without memory even for this, the node's time-out has the last word. */
    bool told = inbox_push(&runtime->inbox, INBOX_FAILURE, send->handle, &fault);
    (void)told;
}

static void link_open(struct runtime *runtime, const struct hc_send *send)
{
    if (kept_open(&runtime->kept, send->handle, send->address, &send->message)) {
        return;
    }
    struct hc_fault fault;
    fault_set(&fault, HC_NO_MEMORY, "out of memory, or of places for links");
    /* As above. */
    bool told = inbox_push(&runtime->inbox, INBOX_LOST, send->handle, &fault);
    (void)told;
}

static void effects_send(struct runtime *runtime)
{
    for (size_t i = 0; i < runtime->effects.send_count; i++) {
        const struct hc_send *send = &runtime->effects.sends[i];
        switch (send->kind) {
        case HC_SEND_REQUEST:
            request_send(runtime, send);
            break;
        case HC_SEND_REPLY:
            sessions_reply(&runtime->sessions, send->handle, &send->message);
            break;
        case HC_SEND_CANCEL:
            exchanges_cancel(&runtime->exchanges, send->handle);
            break;
        case HC_SEND_OPEN:
            link_open(runtime, send);
            break;
        case HC_SEND_LINK:
            kept_send(&runtime->kept, send->handle, &send->message);
            break;
        case HC_SEND_CLOSE:
            kept_close(&runtime->kept, send->handle);
            break;
        }
    }
    kept_flush(&runtime->kept);
}

static bool is_told(const struct runtime *runtime, const struct hc_notice *notice)
{
    bool of_link = notice->kind == HC_NOTICE_LINKED || notice->kind == HC_NOTICE_UNLINKED;
    return !of_link || runtime->config->tells_links;
}

static void effects_notify(struct runtime *runtime, int64_t now_ms)
{
    const struct observer *observer = &runtime->config->observer;
    if (!runtime->announced) {
        runtime->announced = true;
        if (observer->started) {
            observer->started(observer->context, runtime->node, &runtime->facts);
        }
    }
    for (size_t i = 0; i < runtime->effects.notice_count; i++) {
        const struct hc_notice *notice = &runtime->effects.notices[i];
        if (!is_told(runtime, notice)) {
            continue;
        }
        if (observer->notice) {
            observer->notice(observer->context, runtime->node, notice, now_ms);
        }
        control_notice(&runtime->control, notice, now_ms);
    }
    for (size_t i = 0; i < runtime->effects.answer_count; i++) {
        const struct hc_answer *answer = &runtime->effects.answers[i];
        if (answer->kind == HC_EVENT_PAY) {
            payments_answer(&runtime->payments, answer);
        } else {
            control_tagged(&runtime->control, answer);
        }
    }
    control_check(&runtime->control);
}

static void runtime_step(struct runtime *runtime, const struct hc_event *event)
{
    ASSERT(!runtime->stopping);
    /* Out of memory: the node tries again by itself. */
    enum hc_code code = hc_node_step(runtime->node, event, &runtime->effects);
    (void)code;
    effects_persist(runtime);
    effects_send(runtime);
    if (event->kind == HC_EVENT_REQUEST) {
        sessions_unanswered(&runtime->sessions, event->handle);
    }
    effects_notify(runtime, event->now_ms);
    if (runtime->effects.stopped) {
        runtime_stop(runtime, true);
    }
}

/* ---- events ---- */

/* A peer asks for a link: its session becomes one. Without memory for that the session is closed, and the node hears
 * nothing of it. */
static bool session_becomes_link(struct runtime *runtime, struct hc_event *event)
{
    struct frame rest;
    int fd = sessions_give(&runtime->sessions, &rest, event->handle);
    if (fd < 0) {
        sessions_unanswered(&runtime->sessions, event->handle);
        return false;
    }
    event->kind = HC_EVENT_LINK_OPENED;
    event->handle = kept_adopt(&runtime->kept, fd, &rest);
    return event->handle != 0;
}

static void step_request(struct runtime *runtime, uint64_t session, int64_t now_ms)
{
    struct hc_message message;
    struct hc_fault fault;
    char host[SESSION_HOST_CHARS];
    struct hc_event event = {
        .kind = HC_EVENT_REQUEST, .now_ms = now_ms, .handle = session, .message = &message, .host = host};
    sessions_host(&runtime->sessions, host, session);
    switch (sessions_take(&runtime->sessions, &message, &fault, session)) {
    case SESSION_ASKS:
        break;
    case SESSION_REFUSES:
        event.kind = HC_EVENT_REFUSED;
        event.code = fault.code;
        event.text = fault.text;
        break;
    case SESSION_DECODES:
    case SESSION_GONE:
        return;
    }
    bool asks_for_link = message.type == HC_MESSAGE_HELLO && message.keep;
    if (!asks_for_link || session_becomes_link(runtime, &event)) {
        runtime_step(runtime, &event);
    }
    hc_message_clear(&message);
}

/* A peer that is turned away. Without an answer the session's own timer ends it. */
static void step_busy(struct runtime *runtime, uint64_t session, const struct hc_fault *fault, int64_t now_ms)
{
    struct hc_message head;
    struct hc_event event = {
        .kind = HC_EVENT_BUSY, .now_ms = now_ms, .handle = session, .message = &head, .text = fault->text};
    if (sessions_head(&runtime->sessions, &head, session)) {
        runtime_step(runtime, &event);
    }
}

static void step_failure(struct runtime *runtime, uint64_t exchange, const struct hc_fault *fault, int64_t now_ms)
{
    struct hc_event event = {
        .kind = HC_EVENT_FAILURE, .now_ms = now_ms, .handle = exchange, .code = fault->code, .text = fault->text};
    runtime_step(runtime, &event);
}

static void step_reply(struct runtime *runtime, uint64_t exchange, int64_t now_ms)
{
    struct hc_message message;
    union address peer;
    struct hc_fault fault;
    struct hc_event event = {.kind = HC_EVENT_REPLY, .now_ms = now_ms, .handle = exchange, .message = &message};
    switch (exchanges_take(&runtime->exchanges, &message, &peer, &fault, exchange)) {
    case EXCHANGE_REPLIED:
        runtime_step(runtime, &event);
        if (runtime->effects.proved && peer.any.sa_family != AF_UNSPEC) {
            sessions_know(&runtime->sessions, &peer);
        }
        break;
    case EXCHANGE_FAILED:
        step_failure(runtime, exchange, &fault, now_ms);
        break;
    case EXCHANGE_DECODES:
    case EXCHANGE_GONE:
        break;
    }
    hc_message_clear(&message);
}

static void step_link_lost(struct runtime *runtime, uint64_t link, const struct hc_fault *fault, int64_t now_ms)
{
    struct hc_event event = {
        .kind = HC_EVENT_LINK_ENDED, .now_ms = now_ms, .handle = link, .code = fault->code, .text = fault->text};
    runtime_step(runtime, &event);
}

static void step_link(struct runtime *runtime, uint64_t link, int64_t now_ms)
{
    struct hc_message message;
    union address peer;
    struct hc_fault fault;
    struct hc_event event = {.kind = HC_EVENT_LINK_MESSAGE, .now_ms = now_ms, .handle = link, .message = &message};
    switch (kept_take(&runtime->kept, &message, &fault, link)) {
    case LINK_SAYS:
        runtime_step(runtime, &event);
        if (runtime->effects.proved && kept_peer(&runtime->kept, &peer, link)) {
            sessions_know(&runtime->sessions, &peer);
        }
        break;
    case LINK_ENDED:
        step_link_lost(runtime, link, &fault, now_ms);
        break;
    case LINK_NOTHING:
        break;
    }
    hc_message_clear(&message);
}

static void step_item(struct runtime *runtime, const struct inbox_item *item, int64_t now_ms)
{
    struct hc_event event = {.kind = HC_EVENT_REFUSED, .now_ms = now_ms};
    switch (item->kind) {
    case INBOX_REQUEST:
        step_request(runtime, item->handle, now_ms);
        break;
    case INBOX_BUSY:
        step_busy(runtime, item->handle, &item->fault, now_ms);
        break;
    case INBOX_REPLY:
        step_reply(runtime, item->handle, now_ms);
        break;
    case INBOX_FAILURE:
        step_failure(runtime, item->handle, &item->fault, now_ms);
        break;
    case INBOX_LINK:
        step_link(runtime, item->handle, now_ms);
        break;
    case INBOX_LOST:
        step_link_lost(runtime, item->handle, &item->fault, now_ms);
        break;
    case INBOX_REFUSED:
        event.code = item->fault.code;
        event.text = item->fault.text;
        runtime_step(runtime, &event);
        break;
    case INBOX_TAG:
        event.kind = HC_EVENT_TAG;
        event.handle = item->handle;
        event.tags = control_tags(&runtime->control, item->handle);
        if (event.tags) {
            runtime_step(runtime, &event);
        }
        break;
    case INBOX_LEAVE:
        runtime_leave(runtime, now_ms);
        break;
    }
}

/* What became of what was persisted. */
static void step_disk(struct runtime *runtime, int64_t now_ms)
{
    struct hc_event event = {.now_ms = now_ms};
    while (!runtime->stopping) {
        switch (disk_take(&runtime->disk)) {
        case DISK_NOTHING:
            return;
        case DISK_COMMITTED:
            event.kind = HC_EVENT_COMMITTED;
            runtime_step(runtime, &event);
            break;
        case DISK_FAILED:
            event.kind = HC_EVENT_COMMIT_FAILED;
            event.text = runtime->disk.fault.text;
            runtime_step(runtime, &event);
            break;
        }
    }
}

/* An ephemeral node has a store in memory from its first payment on. Without one, for want of memory, it only
 * forgets. */
static void remember_payments(struct runtime *runtime)
{
    struct store *store;
    struct hc_fault fault;
    if (!runtime->disk.store &&
        store_open(&store, NULL, hc_network_id(runtime->config->network), runtime->facts.id, true, &fault) == HC_OK) {
        disk_use(&runtime->disk, store);
    }
}

static void step_payments(struct runtime *runtime, int64_t now_ms)
{
    struct hc_event event = {.now_ms = now_ms};
    while (!runtime->stopping && payments_next(&runtime->payments, &event)) {
        remember_payments(runtime);
        runtime_step(runtime, &event);
    }
    control_flush(&runtime->control);
}

/* `wait` and `seen` ask those that have not said what is waited for. */
static void step_surveys(struct runtime *runtime, int64_t now_ms)
{
    struct hc_event event = {.now_ms = now_ms};
    while (!runtime->stopping && control_survey(&runtime->control, &event, now_ms)) {
        runtime_step(runtime, &event);
    }
}

static void on_timer(uv_timer_t *timer)
{
    struct runtime *runtime = timer->data;
    inbox_wake(&runtime->inbox);
}

static void timer_arm(struct runtime *runtime, int64_t now_ms)
{
    int64_t deadline_ms = hc_node_deadline(runtime->node), survey_ms = control_deadline(&runtime->control);
    deadline_ms = survey_ms < deadline_ms ? survey_ms : deadline_ms;
    if (deadline_ms == INT64_MAX) {
        uv_timer_stop(&runtime->timer);
    } else {
        uv_timer_start(&runtime->timer, on_timer, deadline_ms > now_ms ? (uint64_t)(deadline_ms - now_ms) : 0, 0);
    }
}

/* Just before each poll: how long was it since the last one, not counting what was spent waiting in it? */
static void on_prepare(uv_prepare_t *prepare)
{
    struct runtime *runtime = prepare->data;
    uint64_t now_ns = uv_hrtime(), idle_ns = uv_metrics_idle_time(&runtime->loop);
    uint64_t busy_ns = now_ns - runtime->prepared_ns - (idle_ns - runtime->prepared_idle_ns);
    if (runtime->prepared_ns != 0 && busy_ns > runtime->facts.longest_loop_ns) {
        runtime->facts.longest_loop_ns = busy_ns;
    }
    runtime->prepared_ns = now_ns;
    runtime->prepared_idle_ns = idle_ns;
}

static void on_check(uv_check_t *check)
{
    struct runtime *runtime = check->data;
    struct inbox_item item;
    /* Reading took its time, and the process may have been stopped meanwhile. */
    uv_update_time(&runtime->loop);
    int64_t now_ms = clock_now_ms(&runtime->loop);
    if (!runtime->stopping) {
        step_disk(runtime, now_ms);
    }
    /* What is pushed from here on has its turn after the next poll: a busy peer does not keep others out. */
    for (size_t count = runtime->inbox.count; count > 0 && !runtime->stopping; count--) {
        CHECK(inbox_take(&runtime->inbox, &item));
        step_item(runtime, &item, now_ms);
    }
    step_payments(runtime, now_ms);
    step_surveys(runtime, now_ms);
    if (!runtime->stopping && now_ms >= hc_node_deadline(runtime->node)) {
        struct hc_event event = {.kind = HC_EVENT_TIMEOUT, .now_ms = now_ms};
        runtime_step(runtime, &event);
    }
    if (runtime->stopping) {
        while (inbox_take(&runtime->inbox, &item)) {
            continue;
        }
        inbox_settle(&runtime->inbox);
        if (!sessions_are_busy(&runtime->sessions) && !kept_is_busy(&runtime->kept) &&
            !control_is_busy(&runtime->control)) {
            finish(runtime);
        }
        return;
    }
    inbox_settle(&runtime->inbox);
    timer_arm(runtime, now_ms);
}

/* ---- the start ---- */

/* Enough for every connection that the limits allow, where the system lets us. */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= DESCRIPTORS_WANTED) {
        return;
    }
    limit.rlim_cur = limit.rlim_max < DESCRIPTORS_WANTED ? limit.rlim_max : DESCRIPTORS_WANTED;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

/* Every handle, before anything else can fail. After a failure here there is nothing to free. */
static enum hc_code runtime_init(struct runtime *runtime, const struct runtime_config *config, struct hc_fault *fault)
{
    memset(runtime, 0, sizeof *runtime);
    runtime->config = config;
    runtime->directory.lock_fd = -1;
    int status = uv_loop_init(&runtime->loop);
    if (status != 0) {
        return fault_set(fault, HC_SYSTEM, "the event loop cannot start: %s", uv_strerror(status));
    }
    /* The first of the loop's signals opens a pipe; after it, nothing here needs anything from the system. */
    status = uv_signal_init(&runtime->loop, &runtime->signals[0]);
    if (status != 0) {
        CHECK(uv_loop_close(&runtime->loop) == 0);
        return fault_set(fault, HC_SYSTEM, "signals cannot be received: %s", uv_strerror(status));
    }
    CHECK(uv_loop_configure(&runtime->loop, UV_METRICS_IDLE_TIME) == 0);
    CHECK(uv_check_init(&runtime->loop, &runtime->check) == 0);
    CHECK(uv_prepare_init(&runtime->loop, &runtime->prepare) == 0);
    runtime->prepare.data = runtime;
    CHECK(uv_timer_init(&runtime->loop, &runtime->timer) == 0);
    CHECK(uv_timer_init(&runtime->loop, &runtime->last) == 0);
    runtime->check.data = runtime->timer.data = runtime->last.data = runtime;
    for (size_t i = 0; i < SIGNALS; i++) {
        CHECK(i == 0 || uv_signal_init(&runtime->loop, &runtime->signals[i]) == 0);
        runtime->signals[i].data = runtime;
    }
    inbox_init(&runtime->inbox, &runtime->loop);
    decoder_init(&runtime->decoder, &runtime->loop, &runtime->inbox, hc_network_id(config->network));
    sessions_init(&runtime->sessions, &runtime->loop, &runtime->inbox, &runtime->decoder,
                  hc_network_id(config->network));
    lookups_init(&runtime->lookups, &runtime->loop);
    exchanges_init(&runtime->exchanges, &runtime->loop, &runtime->inbox, &runtime->lookups, &runtime->decoder,
                   hc_network_id(config->network));
    kept_init(&runtime->kept, &runtime->loop, &runtime->inbox, &runtime->lookups, hc_network_id(config->network),
              config->patience);
    disk_init(&runtime->disk, &runtime->loop, &runtime->inbox);
    payments_init(&runtime->payments, &runtime->disk, &runtime->inbox, control_paid, &runtime->control);
    control_init(&runtime->control, &runtime->loop, &runtime->inbox, &runtime->disk, &runtime->payments,
                 &runtime->kept);
    return HC_OK;
}

/* Listens, and says where: facts.port, facts.address, facts.exposed. */
static enum hc_code start_listening(struct runtime *runtime, struct hc_fault *fault)
{
    const struct runtime_config *config = runtime->config;
    union address address;
    uint8_t ip[IP_BYTES];
    enum hc_code code = endpoint_bind(&address, config->bind_host, config->port, fault);
    if (code != HC_OK) {
        return code;
    }
    if (!config->advertise && address_is_wildcard(&address)) {
        return fault_set(fault, HC_BAD_ADDRESS,
                         "with --bind %.50s other nodes do not know where to find this one; add "
                         "--advertise HOST, with the address of this machine as others see it",
                         config->bind_host);
    }
    /* Looked at before the port is known, too, so that what is wrong with it is said first. */
    if (config->advertise) {
        code = endpoint_advertise(runtime->address, config->advertise, 1, fault);
    }
    if (code == HC_OK) {
        code = sessions_listen(&runtime->sessions, &runtime->facts.port, &address, fault);
    }
    if (code == HC_OK) {
        code = endpoint_advertise(runtime->address, config->advertise ? config->advertise : config->bind_host,
                                  runtime->facts.port, fault);
    }
    ip_of(ip, &address);
    runtime->facts.exposed = !ip_is_loopback(ip);
    runtime->facts.address = runtime->address;
    return code;
}

static enum hc_code start_node(struct runtime *runtime, struct hc_fault *fault)
{
    const struct runtime_config *config = runtime->config;
    struct hc_node_config node = {
        .network = config->network,
        .address = runtime->address,
        .name = config->name,
        .tags = config->tags,
        .contacts = config->contacts,
        .contact_count = config->contact_count,
        .gossip_interval_ms = config->gossip_interval_ms,
        .mutate_interval_ms = config->mutate_interval_ms,
        .exchange = config->exchange,
        .fanout = config->fanout,
        .links = config->links,
        .patience = config->patience,
        .durable = !config->ephemeral,
    };
    enum hc_code code = boot_node(&runtime->node, &node, &runtime->disk, &runtime->directory, config->alone,
                                  clock_now_ms(&runtime->loop), fault);
    if (code == HC_OK) {
        disk_watch(&runtime->disk, runtime->node);
        id_copy(runtime->facts.id, hc_node_id(runtime->node));
    }
    return code;
}

static void start_signals(struct runtime *runtime)
{
    struct sigaction before;
    (void)signal(SIGPIPE, SIG_IGN);
    for (size_t i = 0; i < SIGNALS; i++) {
        bool ignored = sigaction(signal_numbers[i], NULL, &before) == 0 && before.sa_handler == SIG_IGN;
        if (signal_numbers[i] != SIGHUP || !ignored) {
            (void)uv_signal_start(&runtime->signals[i], on_signal, signal_numbers[i]);
        }
    }
}

static enum hc_code runtime_start(struct runtime *runtime, struct hc_fault *fault)
{
    const struct runtime_config *config = runtime->config;
    start_signals(runtime); /* one that comes during the start is seen when the loop runs */
    enum hc_code code = start_listening(runtime, fault);
    if (code == HC_OK) {
        code = state_dir_open(&runtime->directory, runtime->facts.port, config->data_dir, config->ephemeral, fault);
    }
    if (code == HC_OK) {
        code = start_node(runtime, fault);
    }
    if (code == HC_OK) {
        code = control_listen(&runtime->control, runtime->directory.control, runtime->node, &runtime->facts, fault);
    }
    if (code != HC_OK) {
        return code;
    }
    runtime->facts.directory = runtime->directory.path;
    runtime->facts.network_name = config->network_name;
    runtime->facts.ephemeral = config->ephemeral;
    uv_update_time(&runtime->loop);
    struct hc_event event = {.kind = HC_EVENT_START, .now_ms = clock_now_ms(&runtime->loop)};
    runtime->facts.started_ms = event.now_ms;
    (void)output_open(&runtime->loop); /* else it is written directly */
    uv_check_start(&runtime->check, on_check);
    uv_prepare_start(&runtime->prepare, on_prepare);
    inbox_wake(&runtime->inbox);
    runtime_step(runtime, &event);
    timer_arm(runtime, event.now_ms);
    return HC_OK;
}

/* Closes what is open, in whatever state the start has left it. */
static void runtime_free(struct runtime *runtime)
{
    runtime_stop(runtime, false);
    sessions_abort(&runtime->sessions);
    kept_abort(&runtime->kept);
    control_abort(&runtime->control);
    uv_check_stop(&runtime->check);
    uv_timer_stop(&runtime->last);
    output_close();
    inbox_close(&runtime->inbox);
    uv_close((uv_handle_t *)&runtime->check, NULL);
    uv_close((uv_handle_t *)&runtime->prepare, NULL);
    uv_close((uv_handle_t *)&runtime->timer, NULL);
    uv_close((uv_handle_t *)&runtime->last, NULL);
    for (size_t i = 0; i < SIGNALS; i++) {
        uv_close((uv_handle_t *)&runtime->signals[i], NULL);
    }
    while (uv_run(&runtime->loop, UV_RUN_DEFAULT) != 0) {
        continue; /* a late uv_stop ends a run before everything is closed */
    }
    CHECK(uv_loop_close(&runtime->loop) == 0);
    disk_close(&runtime->disk);
    hc_effects_free(&runtime->effects);
    hc_node_free(runtime->node);
    state_dir_close(&runtime->directory);
}

enum hc_code runtime_run(const struct runtime_config *config, struct hc_fault *fault)
{
    if (hc_init() != HC_OK) {
        return fault_set(fault, HC_SYSTEM, "libsodium cannot start: the system gives no random numbers");
    }
    raise_descriptor_limit();
    struct runtime *runtime = malloc(sizeof *runtime);
    if (!runtime) {
        return fault_set(fault, HC_NO_MEMORY, "out of memory");
    }
    enum hc_code code = runtime_init(runtime, config, fault);
    if (code == HC_OK) {
        code = runtime_start(runtime, fault);
        if (code == HC_OK) {
            uv_run(&runtime->loop, UV_RUN_DEFAULT);
        }
        runtime_free(runtime);
    }
    free(runtime);
    return code;
}
