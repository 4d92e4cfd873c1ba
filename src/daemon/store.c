/* Opening (the schema and its migrations, and whose store it is), loading, writing, and looking payments up. Errors
 * while the node runs are short, for they become an event; those at the start say what to do. */
#include "daemon/store.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/common/array.h"
#include "core/common/error.h"
#include "core/common/id.h"
#include "core/common/limits.h"
#include "core/common/memory.h"
#include "core/common/text.h"
#include "core/common/utf8.h"
#include "howcoin/row.h"
#include "howcoin/wire.h"

/* "howc": what sqlite3 and file(1) know our files by. */
#define APPLICATION_ID 0x686f7763
/* Of a row's text: a bit that the disk turned is found when the row is read. */
#define CHECK_BYTES 16

/* Step n makes a database of version n out of one of version n - 1. Steps that were released are never changed. */
static const char *const migrations[] = {
    "CREATE TABLE about (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE own (one INTEGER PRIMARY KEY CHECK (one = 1), version INTEGER NOT NULL, text TEXT NOT NULL,"
    " hash BLOB NOT NULL);"
    "CREATE TABLE rows (id BLOB, branch INTEGER, text TEXT NOT NULL, hash BLOB NOT NULL, live INTEGER NOT NULL,"
    " gone_s INTEGER NOT NULL, PRIMARY KEY (id, branch)) WITHOUT ROWID;",

    "CREATE TABLE payments (number INTEGER PRIMARY KEY, received INTEGER NOT NULL, at_ms INTEGER NOT NULL,"
    " other BLOB NOT NULL, amount INTEGER NOT NULL CHECK (amount > 0), version INTEGER NOT NULL, key TEXT UNIQUE,"
    " memo TEXT);",
};
#define VERSION ((int)(sizeof migrations / sizeof *migrations))

enum statement {
    BEGIN,
    COMMIT,
    ROLLBACK,
    PUT_OWN,
    PUT_ROW,
    CUT_ROWS,
    ADD_PAYMENT,
    FIND_PAYMENT,
    LIST_PAYMENTS,
    STATEMENTS
};
static const char *const statements[STATEMENTS] = {
    [BEGIN] = "BEGIN IMMEDIATE",
    [COMMIT] = "COMMIT",
    [ROLLBACK] = "ROLLBACK",
    /* A version never goes back, whatever is asked for. */
    [PUT_OWN] = "INSERT INTO own (one, version, text, hash) VALUES (1, ?1, ?2, ?3) ON CONFLICT (one) DO UPDATE SET"
                " version = ?1, text = ?2, hash = ?3 WHERE version < ?1",
    [PUT_ROW] = "REPLACE INTO rows (id, branch, text, hash, live, gone_s) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    [CUT_ROWS] = "DELETE FROM rows WHERE id = ?1 AND branch >= ?2",
    [ADD_PAYMENT] = "INSERT INTO payments (received, at_ms, other, amount, version, key, memo)"
                    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [FIND_PAYMENT] = "SELECT number, received, at_ms, other, amount, version, key, memo FROM payments WHERE key = ?1",
    [LIST_PAYMENTS] = "SELECT number, received, at_ms, other, amount, version, key, memo FROM payments"
                      " WHERE number > ?1 ORDER BY number LIMIT ?2",
};

struct store {
    sqlite3 *db;
    sqlite3_stmt *ready[STATEMENTS]; /* made when first needed */
    char path[STATE_PATH_BYTES];     /* empty: in memory */
    uint8_t network[HC_NETWORK_BYTES];
    uint8_t id[HC_ID_BYTES];
    bool lost;
};

/* ---- what goes wrong ---- */

/* What is broken, in SQLite's own words, if it finds it. */
static void look_for_damage(const struct store *store, char *out, size_t size)
{
    sqlite3_stmt *check = NULL;
    if (sqlite3_prepare_v2(store->db, "PRAGMA quick_check(1)", -1, &check, NULL) == SQLITE_OK &&
        sqlite3_step(check) == SQLITE_ROW) {
        const char *words = (const char *)sqlite3_column_text(check, 0);
        if (words && strcmp(words, "ok") != 0) {
            (void)snprintf(out, size, "%.100s", words);
        }
    }
    (void)sqlite3_finalize(check);
}

static enum hc_code damaged(const struct store *store, const char *what, struct hc_fault *fault)
{
    char words[120];
    (void)snprintf(words, sizeof words, "%.100s", what);
    look_for_damage(store, words, sizeof words);
    return fault_set(fault, HC_DAMAGED,
                     "the store %.120s is damaged: %s. Move it away, with " STORE_FILE
                     "-wal beside it if there is one, "
                     "and start again: the key is enough to get this node's row back from the others",
                     store->path, words);
}

/* For the error that SQLite has just told of. */
static enum hc_code failed(const struct store *store, const char *what, struct hc_fault *fault)
{
    int status = sqlite3_errcode(store->db);
    if (status == SQLITE_CORRUPT || status == SQLITE_NOTADB) {
        return damaged(store, sqlite3_errmsg(store->db), fault);
    }
    if (status == SQLITE_NOMEM) {
        return fault_set(fault, HC_NO_MEMORY, "out of memory for the store");
    }
    if (status == SQLITE_BUSY) {
        return fault_set(fault, HC_IN_USE, "%.200s is in use by another program; close it and start again",
                         store->path);
    }
    return fault_set(fault, HC_SYSTEM, "cannot %s the store %.200s: %.100s", what, store->path,
                     sqlite3_errmsg(store->db));
}

/* The same while the node runs: short, for it is shown as an event. */
static enum hc_code failed_late(const struct store *store, struct hc_fault *fault)
{
    char words[120];
    int system = sqlite3_system_errno(store->db);
    (void)snprintf(words, sizeof words, "%.60s%s%.40s", sqlite3_errmsg(store->db), system != 0 ? ", " : "",
                   system != 0 ? strerror(system) : "");
    return fault_set(fault, HC_STORE_FAILED, STORE_FILE ": %s", words);
}

/* ---- statements ---- */

static bool run(struct store *store, const char *sql)
{
    return sqlite3_exec(store->db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

/* NULL if it cannot be made. */
static sqlite3_stmt *statement(struct store *store, enum statement which)
{
    ASSERT(which < STATEMENTS);
    if (!store->ready[which]) {
        (void)sqlite3_prepare_v3(store->db, statements[which], -1, SQLITE_PREPARE_PERSISTENT, &store->ready[which],
                                 NULL);
    }
    return store->ready[which];
}

/* Runs one that gives no rows. What was bound must be valid until now. */
static bool finish(sqlite3_stmt *made)
{
    bool done = sqlite3_step(made) == SQLITE_DONE;
    return sqlite3_reset(made) == SQLITE_OK && done;
}

static bool run_ready(struct store *store, enum statement which)
{
    sqlite3_stmt *made = statement(store, which);
    return made && finish(made);
}

static bool bind_number(sqlite3_stmt *made, int at, uint64_t number)
{
    return sqlite3_bind_int64(made, at, (sqlite3_int64)number) == SQLITE_OK;
}

static bool bind_bytes(sqlite3_stmt *made, int at, const uint8_t *bytes, size_t count)
{
    return sqlite3_bind_blob(made, at, bytes, (int)count, SQLITE_STATIC) == SQLITE_OK;
}

/* An empty text is NULL: two payments without a key are no contradiction. */
static bool bind_text(sqlite3_stmt *made, int at, const char *text, size_t count)
{
    return count == 0 ? sqlite3_bind_null(made, at) == SQLITE_OK
                      : sqlite3_bind_text(made, at, text, (int)count, SQLITE_STATIC) == SQLITE_OK;
}

static void check_make(uint8_t check[static CHECK_BYTES], const char *text, size_t bytes)
{
    crypto_generichash(check, CHECK_BYTES, (const unsigned char *)text, bytes, NULL, 0);
}

/* ---- opening ---- */

/* A number that a statement gives, or -1. */
static int64_t ask(struct store *store, const char *sql)
{
    sqlite3_stmt *question = NULL;
    int64_t number = -1;
    if (sqlite3_prepare_v2(store->db, sql, -1, &question, NULL) == SQLITE_OK && sqlite3_step(question) == SQLITE_ROW) {
        number = sqlite3_column_int64(question, 0);
    }
    return sqlite3_finalize(question) == SQLITE_OK ? number : -1;
}

/* Private from the first byte on: SQLite gives its log the mode of the database. */
static enum hc_code make_file(const struct store *store, struct hc_fault *fault)
{
    int fd = open(store->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);
    if (fd < 0) {
        return fault_set(fault, HC_SYSTEM, "cannot open the store %.200s: %s", store->path, strerror(errno));
    }
    close(fd);
    return HC_OK;
}

static enum hc_code connect_file(struct store *store, struct hc_fault *fault)
{
    bool in_memory = store->path[0] == '\0';
    enum hc_code code = in_memory ? HC_OK : make_file(store, fault);
    if (code != HC_OK) {
        return code;
    }
    if (sqlite3_open_v2(in_memory ? ":memory:" : store->path, &store->db,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) {
        return store->db ? failed(store, "open", fault) : fault_set(fault, HC_NO_MEMORY, "out of memory");
    }
    (void)sqlite3_extended_result_codes(store->db, 0);
    /* The directory's lock is ours, so the file is, too: no shared memory is needed. A small cache: rows are read
     * once. */
    if (!run(store, "PRAGMA locking_mode=EXCLUSIVE; PRAGMA cache_size=-128; PRAGMA mmap_size=0;"
                    "PRAGMA temp_store=MEMORY; PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON;"
                    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=256;"
                    "PRAGMA journal_size_limit=4194304")) {
        return failed(store, "open", fault);
    }
    return HC_OK;
}

static bool put_about(struct store *store, const char *key, const uint8_t *value, size_t bytes)
{
    sqlite3_stmt *put = NULL;
    bool done = sqlite3_prepare_v2(store->db, "REPLACE INTO about VALUES (?1, ?2)", -1, &put, NULL) == SQLITE_OK &&
                bind_text(put, 1, key, strlen(key)) && bind_bytes(put, 2, value, bytes) &&
                sqlite3_step(put) == SQLITE_DONE;
    return sqlite3_finalize(put) == SQLITE_OK && done;
}

/* What `about` says; `found` false if it says nothing of that size. */
static bool get_about(struct store *store, const char *key, uint8_t *value, size_t bytes, bool *found)
{
    sqlite3_stmt *get = NULL;
    bool done = false;
    *found = false;
    if (sqlite3_prepare_v2(store->db, "SELECT value FROM about WHERE key = ?1", -1, &get, NULL) == SQLITE_OK &&
        bind_text(get, 1, key, strlen(key))) {
        int status = sqlite3_step(get);
        if (status == SQLITE_ROW && sqlite3_column_bytes(get, 0) == (int)bytes) {
            memcpy(value, sqlite3_column_blob(get, 0), bytes);
            *found = true;
        }
        done = status == SQLITE_ROW || status == SQLITE_DONE;
    }
    return sqlite3_finalize(get) == SQLITE_OK && done;
}

/* Brings the schema from version `from` to ours, all steps in one transaction. */
static enum hc_code migrate(struct store *store, int from, bool key_is_new, struct hc_fault *fault)
{
    char pragma[80];
    if (from == VERSION) {
        return HC_OK;
    }
    bool done = run(store, "BEGIN IMMEDIATE");
    for (int step = from; done && step < VERSION; step++) {
        done = run(store, migrations[step]);
    }
    if (done && from == 0) {
        /* Whether anything can have been signed with the key before this store was there. */
        const uint8_t whole = key_is_new;
        done = put_about(store, "network", store->network, HC_NETWORK_BYTES) &&
               put_about(store, "id", store->id, HC_ID_BYTES) && put_about(store, "whole", &whole, 1);
    }
    (void)snprintf(pragma, sizeof pragma, "PRAGMA application_id=%d; PRAGMA user_version=%d", APPLICATION_ID, VERSION);
    if (done && run(store, pragma) && run(store, "COMMIT")) {
        return HC_OK;
    }
    enum hc_code code = failed(store, "write", fault);
    (void)run(store, "ROLLBACK");
    return code;
}

static enum hc_code check_schema(struct store *store, bool key_is_new, struct hc_fault *fault)
{
    int64_t version = ask(store, "PRAGMA user_version"), application = ask(store, "PRAGMA application_id");
    int64_t tables = ask(store, "SELECT count(*) FROM sqlite_schema");
    if (version < 0 || application < 0 || tables < 0) {
        return failed(store, "read", fault);
    }
    if (application != APPLICATION_ID && (version != 0 || tables != 0)) {
        return fault_set(fault, HC_DAMAGED,
                         "%.200s is a database of another program; move it away, or choose another "
                         "--data-dir",
                         store->path);
    }
    if (version > VERSION) {
        return fault_set(fault, HC_WRONG_VERSION,
                         "the store %.200s was written by a later howcoin-node (schema %d, this one knows %d): use "
                         "that one",
                         store->path, (int)version, VERSION);
    }
    return migrate(store, (int)version, key_is_new, fault);
}

static enum hc_code check_about(struct store *store, struct hc_fault *fault)
{
    uint8_t network[HC_NETWORK_BYTES], id[HC_ID_BYTES], whole = 0;
    char theirs[HEX_CHARS(HC_NETWORK_BYTES) + 1], ours[HEX_CHARS(HC_NETWORK_BYTES) + 1];
    bool network_found, id_found, whole_found;
    if (!get_about(store, "network", network, sizeof network, &network_found) ||
        !get_about(store, "id", id, sizeof id, &id_found) || !get_about(store, "whole", &whole, 1, &whole_found)) {
        return failed(store, "read", fault);
    }
    if (!network_found || !id_found || !whole_found) {
        return damaged(store, "it does not say whose it is", fault);
    }
    if (memcmp(network, store->network, HC_NETWORK_BYTES) != 0) {
        hex_encode(theirs, network, HC_NETWORK_BYTES);
        hex_encode(ours, store->network, HC_NETWORK_BYTES);
        return fault_set(fault, HC_WRONG_NETWORK,
                         "the store %.120s is of another network (%s; --coins and --network give %s): start with those "
                         "it was made with, or choose another --data-dir",
                         store->path, theirs, ours);
    }
    if (!id_equal(id, store->id)) {
        hex_encode(theirs, id, 4);
        hex_encode(ours, store->id, 4);
        return fault_set(fault, HC_BAD_KEY,
                         "the store %.120s is of the node %s, but the key beside it is of %s: put the right key back, "
                         "or move the store away",
                         store->path, theirs, ours);
    }
    int64_t own = ask(store, "SELECT count(*) FROM own");
    store->lost = own == 0 && whole == 0;
    return own < 0 ? failed(store, "read", fault) : HC_OK;
}

enum hc_code store_open(struct store **out, const char *path, const uint8_t network[static HC_NETWORK_BYTES],
                        const uint8_t id[static HC_ID_BYTES], bool key_is_new, struct hc_fault *fault)
{
    struct store *store = calloc(1, sizeof *store);
    ASSERT(!path || strlen(path) < sizeof store->path);
    *out = NULL;
    if (!store) {
        return fault_set(fault, HC_NO_MEMORY, "out of memory");
    }
    memcpy(store->network, network, HC_NETWORK_BYTES);
    id_copy(store->id, id);
    (void)snprintf(store->path, sizeof store->path, "%s", path ? path : "");
    enum hc_code code = connect_file(store, fault);
    code = code == HC_OK ? check_schema(store, key_is_new, fault) : code;
    code = code == HC_OK ? check_about(store, fault) : code;
    if (code != HC_OK) {
        store_close(store);
        return code;
    }
    *out = store;
    return HC_OK;
}

void store_close(struct store *store)
{
    if (!store) {
        return;
    }
    for (int i = 0; i < STATEMENTS; i++) {
        (void)sqlite3_finalize(store->ready[i]);
    }
    (void)sqlite3_close(store->db);
    free(store);
}

bool store_is_lost(const struct store *store)
{
    return store->lost;
}

/* ---- loading ---- */

struct loading {
    bool own; /* this node's own row is read */
    struct hc_stored_row *rows;
    size_t count, capacity;
};

/* How long ago that was, up to what a row is kept for. Nothing vouches for a time in the file: it may be any number. */
static uint32_t age_s(int64_t now_s, int64_t gone_s)
{
    const int64_t max_s = (int64_t)(FORGET_MS / 1000);
    int64_t age = gone_s >= now_s ? 0 : gone_s <= now_s - max_s ? max_s : now_s - gone_s;
    ASSERT(age >= 0 && age <= max_s);
    return (uint32_t)age;
}

/* One row: text, hash, live, gone_s. `id`: its owner's, by the table. */
static enum hc_code load_row(struct store *store, struct loading *loading, sqlite3_stmt *query, const uint8_t *id,
                             int64_t now_s, struct hc_fault *fault)
{
    uint8_t check[CHECK_BYTES];
    struct hc_row *row = NULL;
    const char *text = (const char *)sqlite3_column_text(query, 0);
    size_t bytes = (size_t)sqlite3_column_bytes(query, 0);
    if (!text || sqlite3_column_bytes(query, 1) != CHECK_BYTES) {
        return damaged(store, "a row is incomplete", fault);
    }
    check_make(check, text, bytes);
    if (memcmp(check, sqlite3_column_blob(query, 1), CHECK_BYTES) != 0) {
        return damaged(store, "a row is not as it was written", fault);
    }
    enum hc_code code = hc_wire_decode_row(&row, text, bytes, store->network, NULL);
    if (code == HC_BAD_ROW && !loading->own) {
        return HC_OK; /* as it was written, by a version that took such rows: nothing to lose, it is another's */
    }
    if (code == HC_OK && !id_equal(id, hc_row_fields(row)->id)) {
        code = HC_BAD_ROW;
    }
    if (code != HC_OK || !ARRAY_RESERVE(loading->rows, loading->capacity, loading->count + 1)) {
        hc_row_unref(row);
        return code != HC_OK && code != HC_NO_MEMORY ? damaged(store, "a row cannot be read", fault)
                                                     : fault_set(fault, HC_NO_MEMORY, "out of memory for the store");
    }
    loading->rows[loading->count++] = (struct hc_stored_row){
        .row = row, .live = sqlite3_column_int(query, 2) != 0, .age_s = age_s(now_s, sqlite3_column_int64(query, 3))};
    return HC_OK;
}

static enum hc_code load_all(struct store *store, struct loading *loading, const char *sql, int64_t now_s,
                             struct hc_fault *fault)
{
    sqlite3_stmt *query = NULL;
    enum hc_code code = HC_OK;
    if (sqlite3_prepare_v2(store->db, sql, -1, &query, NULL) != SQLITE_OK) {
        return failed(store, "read", fault);
    }
    int status;
    while (code == HC_OK && (status = sqlite3_step(query)) != SQLITE_DONE) {
        if (status != SQLITE_ROW) {
            code = failed(store, "read", fault);
        } else if (sqlite3_column_bytes(query, 4) != HC_ID_BYTES) {
            code = damaged(store, "a row is incomplete", fault);
        } else {
            code = load_row(store, loading, query, sqlite3_column_blob(query, 4), now_s, fault);
        }
    }
    (void)sqlite3_finalize(query);
    return code;
}

enum hc_code store_load(struct store *store, struct hc_stored_row **rows, size_t *count, int64_t now_s,
                        struct hc_fault *fault)
{
    struct loading loading = {.own = true};
    *rows = NULL;
    *count = 0;
    enum hc_code code = load_all(
        store, &loading, "SELECT text, hash, 1, 0, (SELECT value FROM about WHERE key = 'id') FROM own", now_s, fault);
    loading.own = false;
    if (code == HC_OK) {
        /* What was live was so until the node stopped; the row that was written last tells when that was. */
        code = load_all(store, &loading,
                        "SELECT text, hash, live, CASE live WHEN 0 THEN gone_s ELSE (SELECT MAX(gone_s) FROM rows) END,"
                        " id FROM rows ORDER BY id, branch",
                        now_s, fault);
    }
    if (code != HC_OK) {
        store_rows_free(loading.rows, loading.count);
        return code;
    }
    *rows = loading.rows;
    *count = loading.count;
    return HC_OK;
}

void store_rows_free(struct hc_stored_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        hc_row_unref(rows[i].row);
    }
    memory_free(rows);
}

/* ---- writing ---- */

static bool write_own(struct store *store, const struct hc_row *row)
{
    uint8_t check[CHECK_BYTES];
    const char *text = hc_row_text(row);
    sqlite3_stmt *put = statement(store, PUT_OWN);
    check_make(check, text, strlen(text));
    return put && bind_number(put, 1, hc_row_fields(row)->version) && bind_text(put, 2, text, strlen(text)) &&
           bind_bytes(put, 3, check, CHECK_BYTES) && finish(put);
}

static bool write_branch(struct store *store, const struct store_owner *owner, size_t branch)
{
    uint8_t check[CHECK_BYTES];
    const char *text = hc_row_text(owner->branches[branch]);
    sqlite3_stmt *put = statement(store, PUT_ROW);
    check_make(check, text, strlen(text));
    return put && bind_bytes(put, 1, owner->id, HC_ID_BYTES) && bind_number(put, 2, branch) &&
           bind_text(put, 3, text, strlen(text)) && bind_bytes(put, 4, check, CHECK_BYTES) &&
           bind_number(put, 5, owner->live) && bind_number(put, 6, (uint64_t)owner->gone_s) && finish(put);
}

static bool write_owner(struct store *store, const struct store_owner *owner)
{
    ASSERT(owner->branch_count <= BRANCHES_MAX);
    for (size_t i = 0; i < owner->branch_count; i++) {
        if (!write_branch(store, owner, i)) {
            return false;
        }
    }
    sqlite3_stmt *cut = statement(store, CUT_ROWS);
    return cut && bind_bytes(cut, 1, owner->id, HC_ID_BYTES) && bind_number(cut, 2, owner->branch_count) && finish(cut);
}

static bool write_payment(struct store *store, const struct store_payment *payment)
{
    sqlite3_stmt *add = statement(store, ADD_PAYMENT);
    ASSERT(payment->amount > 0 && payment->version > 0);
    return add && bind_number(add, 1, payment->received) && bind_number(add, 2, (uint64_t)payment->at_ms) &&
           bind_bytes(add, 3, payment->other, HC_ID_BYTES) && bind_number(add, 4, payment->amount) &&
           bind_number(add, 5, payment->version) && bind_text(add, 6, payment->key, strlen(payment->key)) &&
           bind_text(add, 7, payment->memo, strlen(payment->memo)) && finish(add);
}

enum hc_code store_write(struct store *store, const struct store_batch *batch, struct hc_fault *fault)
{
    ASSERT(batch->own || batch->payment_count > 0 || batch->owner_count > 0);
    bool done = run_ready(store, BEGIN);
    if (done && batch->own) {
        done = write_own(store, batch->own);
    }
    for (size_t i = 0; done && i < batch->payment_count; i++) {
        done = write_payment(store, &batch->payments[i]);
    }
    for (size_t i = 0; done && i < batch->owner_count; i++) {
        done = write_owner(store, &batch->owners[i]);
    }
    if (done && run_ready(store, COMMIT)) {
        return HC_OK;
    }
    enum hc_code code = failed_late(store, fault);
    if (!sqlite3_get_autocommit(store->db)) {
        (void)run_ready(store, ROLLBACK);
    }
    return code;
}

/* ---- payments ---- */

static void copy_text(char *out, size_t size, sqlite3_stmt *query, int column)
{
    const char *text = (const char *)sqlite3_column_text(query, column);
    (void)snprintf(out, size, "%s", text ? text : "");
    utf8_clean(out); /* nothing vouches for it */
}

static void read_payment(struct store_payment *payment, sqlite3_stmt *query)
{
    *payment = (struct store_payment){
        .number = (uint64_t)sqlite3_column_int64(query, 0),
        .received = sqlite3_column_int(query, 1) != 0,
        .at_ms = sqlite3_column_int64(query, 2),
        .amount = (uint64_t)sqlite3_column_int64(query, 4),
        .version = (uint64_t)sqlite3_column_int64(query, 5),
    };
    if (sqlite3_column_bytes(query, 3) == HC_ID_BYTES) {
        id_copy(payment->other, sqlite3_column_blob(query, 3));
    }
    copy_text(payment->key, sizeof payment->key, query, 6);
    copy_text(payment->memo, sizeof payment->memo, query, 7);
}

enum hc_code store_find(struct store *store, struct store_payment *payment, const char *key, struct hc_fault *fault)
{
    sqlite3_stmt *find = statement(store, FIND_PAYMENT);
    ASSERT(key[0] != '\0'); /* payments without a key are never found */
    *payment = (struct store_payment){0};
    if (!find || !bind_text(find, 1, key, strlen(key))) {
        return failed_late(store, fault);
    }
    int status = sqlite3_step(find);
    if (status == SQLITE_ROW) {
        read_payment(payment, find);
    }
    enum hc_code code = status == SQLITE_ROW || status == SQLITE_DONE ? HC_OK : failed_late(store, fault);
    (void)sqlite3_reset(find);
    return code;
}

enum hc_code store_history(struct store *store, struct store_payment *payments, size_t *count, uint64_t after,
                           size_t most, struct hc_fault *fault)
{
    sqlite3_stmt *list = statement(store, LIST_PAYMENTS);
    int status = SQLITE_DONE;
    ASSERT(most > 0 && most <= HISTORY_MOST);
    *count = 0;
    if (!list || !bind_number(list, 1, after) || !bind_number(list, 2, most)) {
        return failed_late(store, fault);
    }
    while (*count < most && (status = sqlite3_step(list)) == SQLITE_ROW) {
        read_payment(&payments[(*count)++], list);
    }
    enum hc_code code = HC_OK;
    if (status != SQLITE_ROW && status != SQLITE_DONE) {
        code = failed_late(store, fault);
        *count = 0; /* some were read before it failed */
    }
    (void)sqlite3_reset(list);
    return code;
}
