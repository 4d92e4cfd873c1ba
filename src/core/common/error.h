/* Errors as the program's own code makes them (howcoin/error.h has the list), and the contracts of that code. */
#ifndef HOWCOIN_CORE_ERROR_H
#define HOWCOIN_CORE_ERROR_H

#include <stdbool.h>
#include <stddef.h>

#include "howcoin/error.h"

/* The kinds of HC_CODES. What depends on a kind asks for it; the order of the codes means nothing. */
enum code_kind {
    CODE_UNKNOWN, /* HC_CODE_COUNT, and whatever else is no code */
    CODE_FINE,
    CODE_MACHINE,
    CODE_MESSAGE,
    CODE_ROW,
    CODE_PEER,
    CODE_START,
    CODE_COMMAND,
};
enum code_kind code_kind(enum hc_code code);

/* Fills the fault (which may be NULL) and returns `code`. Control bytes in the result become '?'. */
enum hc_code fault_set(struct hc_fault *fault, enum hc_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A contract of our own code, checked in release builds, too. Nothing that comes from outside can break one. Never with a
 * side effect: CHECK is for what must be done and must succeed. */
#define ASSERT(condition) ((condition) ? (void)0 : assert_failed(#condition, __FILE__, __LINE__))
#define CHECK(expression) ASSERT(expression)
_Noreturn void assert_failed(const char *condition, const char *file, int line);

#endif
