/**
 * Memory is used up to the last page, and given back a while later.
 */
#include "soak.h"

#define MOST_PIECES 512

static struct capref pieces[MOST_PIECES];
static unsigned count;

void famine_begin(void)
{
    famines++;
    for (gensize_t bytes = ram_alloc_free_bytes(); bytes >= BASE_PAGE_SIZE; bytes /= 2) {
        errval_t err = SYS_ERR_OK;
        while (count < MOST_PIECES && err_is_ok(err)) {
            err = ram_alloc(&pieces[count], bytes);
            count += err_is_ok(err);
        }
    }
}

void famine_end(void)
{
    while (count > 0) {
        CHECK_OK(ram_free(pieces[--count]));
    }
    famines++;
}
