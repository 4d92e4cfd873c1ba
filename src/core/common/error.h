/* How our own code reports errors (howcoin/error.h lists them) and states its contracts. */
#ifndef HOWCOIN_CORE_ERROR_H
#define HOWCOIN_CORE_ERROR_H

#include <stdbool.h>
#include <stddef.h>

#include "howcoin/error.h"

/* The kinds in HC_CODES. Code that depends on a kind asks for it: the order of the codes means nothing. */
enum code_kind {
    CODE_UNKNOWN, /* HC_CODE_COUNT, or any number that is no code */
    CODE_FINE,
    CODE_MACHINE,
    CODE_MESSAGE,
    CODE_ROW,
    CODE_PEER,
    CODE_START,
    CODE_COMMAND,
};
enum code_kind code_kind(enum hc_code code);

/* Fills the fault (which may be NULL) and returns `code`. Control bytes and what is not UTF-8 become '?'. */
enum hc_code fault_set(struct hc_fault *fault, enum hc_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A contract of our own code, checked in release builds too. Nothing that comes from outside can break one. The condition
 * has no side effect; CHECK is for a call that must be made and must succeed. */
#define ASSERT(condition) ((condition) ? (void)0 : assert_failed(#condition, __FILE__, __LINE__))
#define CHECK(expression) ASSERT(expression)
_Noreturn void assert_failed(const char *condition, const char *file, int line);

#endif
