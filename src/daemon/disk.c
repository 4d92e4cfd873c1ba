/* The good path: disk_commit, disk_changed, disk_find and the like gather; disk_pump makes a job of it and hands it to
 * libuv's pool; work_do, on a thread there, writes and looks up; on_done, on the loop again, keeps the outcome for
 * disk_take and pumps anew. disk_take, called by the runtime, tells of commits and answers the questions.
 *
 * What fails: a write that fails is the end of all writing (S5); the node is told once. Without memory a commit counts
 * as failed; others' rows are tried again a while later. At the end disk_stop lets the running job finish, which the
 * loop waits for, and disk_close writes what is left of others' rows. An own row that was not written by then is
 * dropped: no other node was told of it.
 *
 * Rows are not counted by the worker: their references are taken and given back on the loop's thread.
 */
#include "daemon/disk.h"

#include <stdlib.h>
#include <string.h>

#include "core/common/array.h"
#include "core/common/error.h"
#include "core/common/id.h"
#include "core/common/memory.h"
#include "core/node/node.h"
#include "core/table/table.h"
#include "daemon/clock.h"

static void disk_pump(struct disk *disk);

/* ---- lists ---- */

static void list_init(struct disk_list *list)
{
    list->first = NULL;
    list->end = &list->first;
}

static void list_add(struct disk_list *list, struct disk_question *question)
{
    question->next = NULL;
    *list->end = question;
    list->end = &question->next;
}

/* Moves all of `from` behind what is in `to`. */
static void list_move(struct disk_list *to, struct disk_list *from)
{
    if (from->first) {
        *to->end = from->first;
        to->end = from->end;
        list_init(from);
    }
}

static void list_free(struct disk_list *list)
{
    while (list->first) {
        struct disk_question *next = list->first->next;
        free(list->first);
        list->first = next;
    }
    list_init(list);
}

static bool payments_grow(struct disk_payments *payments, size_t more)
{
    return ARRAY_RESERVE(payments->list, payments->capacity, payments->count + more);
}

static void payments_clear(struct disk_payments *payments)
{
    memory_free(payments->list);
    *payments = (struct disk_payments){0};
}

/* ---- life ---- */

static void on_timer(uv_timer_t *timer)
{
    struct disk *disk = timer->data;
    disk->due = true;
    disk_pump(disk);
}

void disk_init(struct disk *disk, uv_loop_t *loop, struct inbox *inbox)
{
    memset(disk, 0, sizeof *disk);
    disk->loop = loop;
    disk->inbox = inbox;
    list_init(&disk->questions);
    list_init(&disk->job_questions);
    list_init(&disk->answered);
    CHECK(uv_timer_init(loop, &disk->timer) == 0);
    disk->timer.data = disk->work.data = disk;
}

void disk_use(struct disk *disk, struct store *store)
{
    ASSERT(store && !disk->store);
    disk->store = store;
}

void disk_watch(struct disk *disk, const struct hc_node *node)
{
    ASSERT(node && !disk->node);
    disk->node = node;
}

static bool is_stopped(const struct disk *disk)
{
    return uv_is_closing((const uv_handle_t *)&disk->timer);
}

void disk_stop(struct disk *disk)
{
    if (disk->loop && !is_stopped(disk)) {
        uv_close((uv_handle_t *)&disk->timer, NULL);
    }
}

/* ---- what goes into a job ---- */

static int id_order(const void *left, const void *right)
{
    return id_compare(left, right);
}

/* How an owner is to be stored, as the node sees it now. */
static void owner_take(struct store_owner *to, const struct disk *disk, const uint8_t *id, int64_t day_s,
                       int64_t now_ms)
{
    const struct entry *entry = table_find(node_table(disk->node), id);
    const struct member *member = members_find(node_members(disk->node), id);
    bool live = !member || member->status == HC_MEMBER_LIVE;
    int64_t age_ms = !live && now_ms > member->gone_ms ? now_ms - member->gone_ms : 0;
    /* Rounded away from now: restarts never make an owner younger. */
    *to = (struct store_owner){.live = live, .gone_s = day_s - (age_ms + 999) / 1000};
    id_copy(to->id, id);
    ASSERT(!entry || entry->branch_count <= BRANCHES_MAX);
    for (size_t i = 0; entry && i < entry->branch_count; i++) {
        to->branches[to->branch_count++] = hc_row_ref(entry->branches[i]);
    }
}

/* Others' rows, and the payments that came with them. False if memory ran out: they stay gathered. */
static bool job_take_rows(struct disk *disk)
{
    int64_t now_ms = clock_now_ms(disk->loop), day_s = clock_day_ms() / 1000;
    struct hc_node_view view;
    size_t distinct = 0;
    hc_node_look(disk->node, &view);
    if (!payments_grow(&disk->job_payments, disk->received.count)) {
        return false;
    }
    if (disk->changed_count > 0) {
        qsort(disk->changed, disk->changed_count, HC_ID_BYTES, id_order);
        disk->job_owners = calloc(disk->changed_count, sizeof *disk->job_owners);
        if (!disk->job_owners) {
            return false;
        }
    }
    for (size_t i = 0; i < disk->changed_count; i++) {
        const uint8_t *id = disk->changed[i];
        bool again = i > 0 && id_equal(id, disk->changed[i - 1]);
        bool own = view.row && id_equal(id, hc_row_fields(view.row)->id);
        if (!again && !own) {
            owner_take(&disk->job_owners[distinct++], disk, id, day_s, now_ms);
        }
    }
    disk->job_owner_count = distinct;
    if (disk->received.count > 0) {
        memcpy(disk->job_payments.list + disk->job_payments.count, disk->received.list,
               disk->received.count * sizeof *disk->received.list);
        disk->job_payments.count += disk->received.count;
    }
    disk->received.count = 0;
    disk->changed_count = 0;
    if (disk->changed_capacity > 64) { /* the many of a first meeting do not come again */
        memory_free(disk->changed);
        disk->changed = NULL;
        disk->changed_capacity = 0;
    }
    return true;
}

static void job_make(struct disk *disk, uint64_t now_ms)
{
    ASSERT(!disk->running && !disk->job_own && !disk->job_owners && disk->job_payments.count == 0);
    bool rows = disk->changed_count > 0 || disk->received.count > 0;
    disk->job_own = disk->own;
    disk->own = NULL;
    disk->job_payments = disk->paid;
    disk->paid = (struct disk_payments){0};
    list_move(&disk->job_questions, &disk->questions);
    disk->job_code = HC_OK;
    bool along = disk->job_own && now_ms - disk->rows_ms >= DISK_ROWS_ALONG_MS;
    if (rows && (disk->due || along) && !disk->failed) {
        disk->due = false;
        disk->rows_ms = now_ms;
        uv_timer_stop(&disk->timer);
        if (!job_take_rows(disk)) {
            uv_timer_start(&disk->timer, on_timer, DISK_ROWS_MS, 0);
        }
    }
}

/* ---- the job ---- */

static bool job_writes(const struct disk *disk)
{
    return disk->job_own || disk->job_owner_count > 0 || disk->job_payments.count > 0;
}

/* On a thread of the pool. */
static void work_do(uv_work_t *work)
{
    struct disk *disk = work->data;
    if (job_writes(disk)) {
        const struct store_batch batch = {.own = disk->job_own,
                                          .payments = disk->job_payments.list,
                                          .payment_count = disk->job_payments.count,
                                          .owners = disk->job_owners,
                                          .owner_count = disk->job_owner_count};
        disk->job_code = store_write(disk->store, &batch, &disk->job_fault);
    }
    for (struct disk_question *question = disk->job_questions.first; question; question = question->next) {
        if (question->asked == DISK_FIND) {
            question->count = 1;
            question->code = store_find(disk->store, question->payments, question->key, &question->fault);
        } else {
            question->code = store_history(disk->store, question->payments, &question->count, question->after,
                                           question->most, &question->fault);
        }
    }
}

static void job_end(struct disk *disk)
{
    bool wrote = job_writes(disk);
    if (disk->job_code != HC_OK && !disk->failed) {
        disk->failed = true;
        disk->fault = disk->job_fault;
    } else if (wrote && disk->job_own && disk->job_code == HC_OK) {
        disk->committed = true;
    }
    hc_row_unref(disk->job_own);
    disk->job_own = NULL;
    for (size_t i = 0; i < disk->job_owner_count; i++) {
        for (size_t b = 0; b < disk->job_owners[i].branch_count; b++) {
            hc_row_unref(disk->job_owners[i].branches[b]);
        }
    }
    free(disk->job_owners);
    disk->job_owners = NULL;
    disk->job_owner_count = 0;
    payments_clear(&disk->job_payments);
    list_move(&disk->answered, &disk->job_questions);
}

static void on_done(uv_work_t *work, int status)
{
    struct disk *disk = work->data;
    ASSERT(disk->running && status == 0); /* it is never cancelled */
    disk->running = false;
    job_end(disk);
    inbox_wake(disk->inbox);
    disk_pump(disk);
}

/* Starts a job if there is something to do. */
static void disk_pump(struct disk *disk)
{
    bool rows = disk->due && !disk->failed && (disk->changed_count > 0 || disk->received.count > 0);
    if (disk->running || !disk->store || is_stopped(disk)) {
        return;
    }
    if (!disk->own && disk->paid.count == 0 && !disk->questions.first && !rows) {
        return;
    }
    job_make(disk, uv_now(disk->loop));
    disk->running = true;
    CHECK(uv_queue_work(disk->loop, &disk->work, work_do, on_done) == 0);
}

void disk_close(struct disk *disk)
{
    ASSERT(!disk->running && is_stopped(disk));
    if (disk->store && !disk->failed && disk->node) {
        hc_row_unref(disk->own);
        disk->own = NULL;
        payments_clear(&disk->paid);
        if ((disk->changed_count > 0 || disk->received.count > 0) && job_take_rows(disk)) {
            list_free(&disk->job_questions);
            work_do(&disk->work);
            job_end(disk);
        }
    }
    store_close(disk->store);
    disk->store = NULL;
    hc_row_unref(disk->own);
    payments_clear(&disk->paid);
    payments_clear(&disk->received);
    memory_free(disk->changed);
    disk->changed = NULL;
    list_free(&disk->questions);
    list_free(&disk->answered);
}

/* ---- gathering ---- */

void disk_fail(struct disk *disk, const char *words)
{
    if (!disk->failed) {
        disk->failed = true;
        fault_set(&disk->fault, HC_STORE_FAILED, "%s", words);
    }
    inbox_wake(disk->inbox);
}

void disk_commit(struct disk *disk, struct hc_row *own, const struct store_payment *payments, size_t count)
{
    ASSERT(own && (count == 0 || payments));
    if (!disk->store || disk->failed) {
        return; /* the node was told, or is told of it with this wake */
    }
    if (!payments_grow(&disk->paid, count)) {
        disk_fail(disk, "out of memory");
        return;
    }
    hc_row_unref(disk->own);
    disk->own = hc_row_ref(own);
    if (count > 0) {
        memcpy(disk->paid.list + disk->paid.count, payments, count * sizeof *payments);
        disk->paid.count += count;
    }
    disk_pump(disk);
}

static void rows_wait(struct disk *disk)
{
    if (!disk->due && !is_stopped(disk) && !uv_is_active((const uv_handle_t *)&disk->timer)) {
        uv_timer_start(&disk->timer, on_timer, DISK_ROWS_MS, 0);
    }
}

/* Keeps each id once. */
static void changed_compact(struct disk *disk)
{
    size_t kept = 0;
    ASSERT(disk->changed_count > 0);
    qsort(disk->changed, disk->changed_count, HC_ID_BYTES, id_order);
    for (size_t i = 0; i < disk->changed_count; i++) {
        if (i == 0 || !id_equal(disk->changed[i], disk->changed[kept - 1])) {
            memmove(disk->changed[kept++], disk->changed[i], HC_ID_BYTES);
        }
    }
    disk->changed_count = kept;
}

void disk_changed(struct disk *disk, const uint8_t (*ids)[HC_ID_BYTES], size_t count)
{
    if (!disk->store || disk->failed || count == 0) {
        return;
    }
    if (disk->changed_count + count > disk->changed_capacity && disk->changed_count > 0) {
        changed_compact(disk);
    }
    /* With as much room again, so that they are not compacted each time. */
    if (!ARRAY_RESERVE(disk->changed, disk->changed_capacity, 2 * (disk->changed_count + count))) {
        return; /* stored at their next change */
    }
    memcpy(disk->changed + disk->changed_count, ids, count * HC_ID_BYTES);
    disk->changed_count += count;
    rows_wait(disk);
}

void disk_received(struct disk *disk, const struct hc_row *payer, uint64_t amount)
{
    const struct hc_row_fields *fields = hc_row_fields(payer);
    if (!disk->store || disk->failed || !payments_grow(&disk->received, 1)) {
        return;
    }
    struct store_payment *payment = &disk->received.list[disk->received.count++];
    *payment =
        (struct store_payment){.received = true, .at_ms = clock_day_ms(), .amount = amount, .version = fields->version};
    id_copy(payment->other, fields->id);
    rows_wait(disk);
}

static struct disk_question *question_new(enum disk_asked asked, size_t most, disk_answered *answered, void *owner,
                                          uint64_t ticket)
{
    ASSERT(answered && most > 0 && most <= HISTORY_MOST);
    struct disk_question *question = calloc(1, sizeof *question + most * sizeof *question->payments);
    if (question) {
        question->asked = asked;
        question->most = most;
        question->answered = answered;
        question->owner = owner;
        question->ticket = ticket;
    }
    return question;
}

static void ask(struct disk *disk, struct disk_question *question)
{
    if (disk->store) {
        list_add(&disk->questions, question);
        disk_pump(disk);
    } else {
        list_add(&disk->answered, question);
        inbox_wake(disk->inbox);
    }
}

bool disk_find(struct disk *disk, const char *key, disk_answered *answered, void *owner, uint64_t ticket)
{
    struct disk_question *question = question_new(DISK_FIND, 1, answered, owner, ticket);
    if (!question) {
        return false;
    }
    ASSERT(strlen(key) <= PAYMENT_KEY_BYTES_MAX);
    memcpy(question->key, key, strlen(key) + 1);
    ask(disk, question);
    return true;
}

bool disk_history(struct disk *disk, uint64_t after, size_t most, disk_answered *answered, void *owner, uint64_t ticket)
{
    struct disk_question *question = question_new(DISK_HISTORY, most, answered, owner, ticket);
    if (!question) {
        return false;
    }
    question->after = after;
    /* What was received is to be in it. */
    disk->due = disk->due || (disk->received.count > 0 && uv_now(disk->loop) - disk->rows_ms >= DISK_ROWS_ALONG_MS);
    ask(disk, question);
    return true;
}

/* ---- telling ---- */

static void answer_all(struct disk *disk)
{
    struct disk_question *question;
    while ((question = disk->answered.first)) {
        disk->answered.first = question->next;
        if (!question->next) {
            list_init(&disk->answered);
        }
        question->answered(question->owner, question); /* which may ask again */
        free(question);
    }
}

enum disk_news disk_take(struct disk *disk)
{
    if (disk->committed) {
        disk->committed = false;
        return DISK_COMMITTED;
    }
    if (disk->failed && !disk->failure_told) {
        disk->failure_told = true;
        return DISK_FAILED;
    }
    answer_all(disk);
    return DISK_NOTHING;
}
