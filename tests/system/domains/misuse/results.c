#include "misuse.h"

#include <stdio.h>
#include <stdlib.h>

bool result_checks;

static uint64_t counts[ERR_COUNT];
static unsigned failures;

void result_count(errval_t err)
{
    if (err >> ERR_LEVELS * ERR_LEVEL_BITS || err_no(err) >= ERR_COUNT) {
        result_fail("a call returned something that is no error", err);
        return;
    }
    counts[err_no(err)]++;
}

void result_fail(const char *what, uint64_t detail)
{
    printf("misuse: FAILED: %s (0x%lx)\n", what, (unsigned long)detail);
    failures++;
}

void result_check(const char *what, const uint64_t call[8])
{
    if (!result_checks || err_is_ok(test_check(init))) {
        return;
    }
    printf("misuse: FAILED: the capabilities are not sound after %s", what);
    for (unsigned i = 0; i < 8; i++) {
        printf(" x%u=0x%lx", i, (unsigned long)call[i]);
    }
    printf("\n");
    exit(EXIT_FAILURE);
}

bool results_print(void)
{
    for (unsigned i = 0; i < ERR_COUNT; i++) {
        if (counts[i]) {
            printf("misuse: %8lu %s\n", (unsigned long)counts[i], err_getcode(i));
        }
    }
    return failures == 0;
}
