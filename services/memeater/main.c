/**
 * Asks for memory until it is refused, in each of the ways in which a program can, gives it back, and says
 * how much it was.
 *
 * With an argument, it has to be at least so many MiB each time; the exit status says whether it was.
 */
#include <aos/aos.h>
#include <stdio.h>
#include <stdlib.h>

#define MIB         0x100000UL
#define PIECE_BYTES 0x10000UL
#define MOST_PIECES 0x10000
#define BLOCK_BYTES 1000 ///< Of the heap; not a divisor of anything.

/// A block of the heap, with the next one's address in it.
struct block {
    struct block *next;
    char rest[BLOCK_BYTES - sizeof(struct block *)];
};

static struct capref pieces[MOST_PIECES];

static bool has_error(errval_t err, errval_t wanted)
{
    while (err != SYS_ERR_OK && err_no(err) != wanted) {
        err = err_pop(err);
    }
    return err != SYS_ERR_OK;
}

/// As capabilities. \return bytes; 0 if something was not as it should be
static size_t eat_ram(void)
{
    size_t count = 0;
    errval_t err = SYS_ERR_OK;
    while (count < MOST_PIECES && err_is_ok(err = ram_alloc(&pieces[count], PIECE_BYTES))) {
        count++;
    }
    bool good = count == MOST_PIECES || has_error(err, LIB_ERR_RAM_ALLOC_EXHAUSTED);
    if (!good) {
        DEBUG_ERR(err, "RAM is refused in another way than it should");
    }
    for (size_t i = 0; i < count; i++) {
        err = ram_free(pieces[i]);
        if (err_is_fail(err)) {
            DEBUG_ERR(err, "giving RAM back");
            good = false;
        }
    }
    return good ? count * PIECE_BYTES : 0;
}

/// By malloc(), in blocks of any size, each used to its last byte. \return bytes
static size_t eat_heap(size_t bytes)
{
    struct block *first = NULL, *block;
    size_t count = 0;
    while ((block = malloc(bytes))) {
        block->next = first;
        for (size_t at = sizeof(*block); at < bytes; at += BASE_PAGE_SIZE) {
            ((volatile char *)block)[at] = 1;
        }
        ((volatile char *)block)[bytes - 1] = 1;
        first = block;
        count++;
    }
    while (first) {
        struct block *next = first->next;
        free(first);
        first = next;
    }
    return count * bytes;
}

static bool is_enough(const char *what, size_t bytes, size_t least)
{
    printf("memeater: %s: %lu KiB until it was refused%s\n", what, (unsigned long)bytes / 1024,
           bytes >= least ? "" : ", which is too little");
    return bytes >= least;
}

int main(int argc, char *argv[])
{
    size_t least = argc > 1 ? strtoul(argv[1], NULL, 10) * MIB : 1;
    bool good = is_enough("capabilities", eat_ram(), least);
    good &= is_enough("large blocks", eat_heap(MIB), least);
    good &= is_enough("capabilities again", eat_ram(), least);
    good &= is_enough("small blocks", eat_heap(sizeof(struct block)), least); // these the heap keeps
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
