/* The parser works in place: fields are unquoted and terminated where they stand. */
#include "cli/payments_csv.h"

#include <string.h>

#include "cli/values.h"
#include "core/common/array.h"
#include "core/common/error.h"
#include "core/common/memory.h"
#include "core/common/text.h"
#include "daemon/limits.h"

enum { COLUMN_TO, COLUMN_AMOUNT, COLUMN_MEMO, COLUMN_KEY, COLUMNS };
static const char *const column_names[COLUMNS] = {"to", "amount", "memo", "key"};

struct reader {
    char *at, *end;
    size_t line; /* of `at` */
};

/* Takes one field and what ends it: ',' or '\n' (also at the end of the text). Quotes are taken off in place. False: a
 * quote is out of place, or has no other one. */
static bool take_field(struct reader *reader, char **field, char *ended_by)
{
    char *from = reader->at, *to = reader->at;
    bool quoted = from < reader->end && *from == '"';

    *field = to;
    from += quoted;
    while (from < reader->end && (quoted || (*from != ',' && *from != '\n'))) {
        if (*from == '"' && (!quoted || from + 1 == reader->end || from[1] != '"')) {
            if (!quoted) {
                return false;
            }
            quoted = false;
            from++;
            break;
        }
        from += *from == '"';
        reader->line += *from == '\n';
        *to++ = *from++;
    }
    if (from < reader->end && *from == '\r' && (from + 1 == reader->end || from[1] == '\n')) {
        from++;
    }
    if (quoted || (from < reader->end && *from != ',' && *from != '\n')) {
        return false;
    }
    *ended_by = '\n';
    if (from < reader->end) {
        *ended_by = *from;
    }
    if (*ended_by == '\n' && to > *field && to[-1] == '\r') {
        to--;
    }
    reader->at = from < reader->end ? from + 1 : reader->end;
    ASSERT(to <= from && from <= reader->end);
    *to = '\0'; /* at the end of the text there is a byte of room */
    return !memchr(*field, '\0', (size_t)(to - *field));
}

/* Takes a line's fields. Returns how many; 0 and a complaint if it is malformed. */
static size_t take_line(struct reader *reader, char *fields[static COLUMNS], size_t columns_max,
                        struct complaint *complaint)
{
    size_t count = 0, line = reader->line;
    char ended_by = ',';

    while (ended_by == ',') {
        char *field;
        if (!take_field(reader, &field, &ended_by)) {
            (void)complain(complaint, "line %zu: quotes must enclose a whole field, and be doubled within it", line);
            return 0;
        }
        if (count == columns_max) {
            (void)complain(complaint, "line %zu: expected at most %zu columns", line, columns_max);
            return 0;
        }
        fields[count++] = field;
    }
    reader->line++;
    return count;
}

static bool check_payment(const struct csv_payment *payment, struct complaint *complaint)
{
    if (payment->to[0] == '\0') {
        return complain(complaint, "line %zu: to is empty", payment->line);
    }
    if (!text_is_printable(payment->to, strlen(payment->to))) {
        return complain(complaint, "line %zu: to must be printable UTF-8", payment->line);
    }
    if (strlen(payment->memo) > PAYMENT_MEMO_BYTES_MAX || !text_is_printable(payment->memo, strlen(payment->memo))) {
        return complain(complaint, "line %zu: memo must be at most %u bytes of printable UTF-8", payment->line,
                        PAYMENT_MEMO_BYTES_MAX);
    }
    if (strlen(payment->key) > PAYMENT_KEY_BYTES_MAX || !text_is_printable(payment->key, strlen(payment->key))) {
        return complain(complaint, "line %zu: key must be at most %u bytes of printable UTF-8", payment->line,
                        PAYMENT_KEY_BYTES_MAX);
    }
    return true;
}

static bool add_payment(struct csv_payments *payments, char *const *fields, size_t count, size_t line,
                        struct complaint *complaint)
{
    static const char none[] = "";

    ASSERT(count > 0 && count <= COLUMNS);
    if (!ARRAY_RESERVE(payments->list, payments->capacity, payments->count + 1)) {
        return complain(complaint, "out of memory");
    }
    struct csv_payment *payment = &payments->list[payments->count++];
    *payment = (struct csv_payment){.to = fields[COLUMN_TO],
                                    .memo = count > COLUMN_MEMO ? fields[COLUMN_MEMO] : none,
                                    .key = count > COLUMN_KEY ? fields[COLUMN_KEY] : none,
                                    .line = line};
    if (count <= COLUMN_AMOUNT || !value_whole(&payment->amount, fields[COLUMN_AMOUNT], HC_NUMBER_MAX)) {
        return complain(complaint, "line %zu: '%.40s' is not an amount: expected a whole number up to 2^53-1", line,
                        count > COLUMN_AMOUNT ? fields[COLUMN_AMOUNT] : "");
    }
    return check_payment(payment, complaint);
}

static bool read_head(struct reader *reader, size_t *columns, struct complaint *complaint)
{
    char *fields[COLUMNS];
    if (reader->end - reader->at >= 3 && memcmp(reader->at, "\xef\xbb\xbf", 3) == 0) {
        reader->at += 3; /* a byte order mark, as spreadsheets write it */
    }
    *columns = reader->at < reader->end ? take_line(reader, fields, COLUMNS, complaint) : 0;
    bool good = *columns > COLUMN_AMOUNT;
    for (size_t i = 0; good && i < *columns; i++) {
        good = strcmp(fields[i], column_names[i]) == 0;
    }
    return good ||
           complain(complaint, "line 1: expected the heading to,amount,memo,key (memo and key may be left out)");
}

bool csv_payments_read(struct csv_payments *payments, char *text, size_t bytes, struct complaint *complaint)
{
    struct reader reader = {.end = text + bytes, .line = 1};
    char *fields[COLUMNS];
    size_t columns;

    *payments = (struct csv_payments){0};
    reader.at = text;
    bool good = read_head(&reader, &columns, complaint);
    while (good && reader.at < reader.end) {
        size_t line = reader.line;
        size_t count = take_line(&reader, fields, columns, complaint);
        bool empty = count == 1 && fields[0][0] == '\0';
        good = count > 0 && (empty || add_payment(payments, fields, count, line, complaint));
    }
    if (!good) {
        csv_payments_free(payments);
    }
    return good;
}

void csv_payments_free(struct csv_payments *payments)
{
    memory_free(payments->list);
    *payments = (struct csv_payments){0};
}
