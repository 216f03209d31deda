#include "pieces.h"

#include "home.h"

#include <aos/capabilities.h>
#include <aos/ram_alloc.h>
#include <aos/slot_alloc.h>
#include <cap/ram.h>
#include <stdlib.h>

/* The stock has pieces of sizes that are powers of two, which lie at multiples of their size. */
#define CLASSES          (MOST_CLASS_BITS - BASE_PAGE_BITS + 1)
#define MOST_CLASS_BITS  22                    ///< 4 MiB: what domains borrow at a time.
#define BATCH            8                     ///< Pieces that are made at a time,
#define MOST_BATCH_BYTES (16 * BASE_PAGE_SIZE) ///< if they are not larger than this.
#define MOST_STOCK_BYTES (16UL << MOST_CLASS_BITS)

static struct {
    struct piece *first[CLASSES];
    gensize_t bytes; ///< Of all.
} stock;

/// \return the class of a size, or CLASSES if it has none
static unsigned class_of(gensize_t bytes)
{
    const unsigned bits = (unsigned)__builtin_ctzl(bytes);
    return bytes == 1UL << bits && bits <= MOST_CLASS_BITS ? bits - BASE_PAGE_BITS : CLASSES;
}

/// What is borrowed can go back only as a whole: then little is kept.
static gensize_t most_stock_bytes(void)
{
    return home_is_used() ? MOST_STOCK_BYTES / 64 : MOST_STOCK_BYTES;
}

static void push(unsigned class, struct piece *piece)
{
    piece->next = stock.first[class];
    stock.first[class] = piece;
    stock.bytes += piece->bytes;
}

static struct piece *pop(unsigned class)
{
    struct piece *piece = stock.first[class];
    stock.first[class] = piece->next;
    stock.bytes -= piece->bytes;
    return piece;
}

/// What the allocator has, beyond what the server needs for itself.
static gensize_t allocator_bytes(void)
{
    gensize_t bytes = ram_alloc_free_bytes();
    return bytes > MEM_OWN_BYTES ? bytes - MEM_OWN_BYTES : 0;
}

gensize_t pieces_free_bytes(void)
{
    return allocator_bytes() + stock.bytes;
}

static errval_t give_to_allocator(struct piece *piece)
{
    errval_t err = ram_free(piece->cap);
    if (err_is_ok(err)) {
        free(piece);
    }
    return err;
}

static void dissolve_stock(void)
{
    for (unsigned class = 0; class < CLASSES; class ++) {
        while (stock.first[class]) {
            (void)give_to_allocator(pop(class)); // what is refused is lost, and never given to two
        }
    }
}

/// Makes one piece of any size.
static errval_t make_one(gensize_t bytes, gensize_t alignment, struct piece **ret)
{
    struct capability_info info;
    if (bytes > allocator_bytes() && !home_ask(bytes, alignment)) {
        return LIB_ERR_RAM_ALLOC_EXHAUSTED;
    }
    struct piece *piece = malloc(sizeof(*piece));
    if (!piece) {
        return LIB_ERR_MALLOC_FAIL;
    }
    errval_t err = ram_alloc_aligned(&piece->cap, bytes, alignment);
    if (err_is_ok(err)) {
        err = cap_identify(piece->cap, &info);
        if (err_is_fail(err)) {
            ram_free(piece->cap);
        }
    }
    if (err_is_fail(err)) {
        free(piece);
        return err;
    }
    piece->base = info.base;
    piece->bytes = bytes;
    *ret = piece;
    return SYS_ERR_OK;
}

/// Records for a batch, linked. \return NULL if there is no memory for all
static struct piece *allocate_records(void)
{
    struct piece *first = NULL;
    for (unsigned i = 0; i < BATCH; i++) {
        struct piece *piece = malloc(sizeof(*piece));
        if (!piece) {
            while (first) {
                piece = first->next;
                free(first);
                first = piece;
            }
            return NULL;
        }
        piece->next = first;
        first = piece;
    }
    return first;
}

static errval_t make_objects(gensize_t bytes, struct ram_range *range, struct capref *slots)
{
    errval_t err = slot_alloc_range(slots, BATCH);
    if (err_is_fail(err)) {
        return err;
    }
    err = ram_take(BATCH * bytes, bytes, range);
    if (err_is_ok(err)) {
        err = cap_retype(*slots, range->cap, range->offset, ObjType_RAM, bytes, BATCH);
        if (err_is_fail(err)) {
            ram_free_region(range->base, range->bytes);
        }
    }
    if (err_is_fail(err)) {
        slot_free_range(*slots, BATCH);
    }
    return err;
}

/// Puts a batch of small pieces into the stock, if that is possible.
static bool make_batch(unsigned class, gensize_t bytes)
{
    struct ram_range range;
    struct capref slot;
    if (BATCH * bytes > allocator_bytes()) {
        return false;
    }
    struct piece *records = allocate_records();
    if (!records) {
        return false;
    }
    bool made = err_is_ok(make_objects(bytes, &range, &slot));
    for (unsigned i = 0; i < BATCH; i++) {
        struct piece *piece = records;
        records = piece->next;
        if (!made) {
            free(piece);
            continue;
        }
        piece->base = range.base + i * bytes;
        piece->bytes = bytes;
        piece->cap = slot;
        slot.slot++;
        push(class, piece);
    }
    return made;
}

errval_t piece_get(gensize_t bytes, gensize_t alignment, struct piece **ret)
{
    const unsigned class = alignment <= bytes ? class_of(bytes) : CLASSES;
    if (class < CLASSES && (stock.first[class] || (bytes <= MOST_BATCH_BYTES && make_batch(class, bytes)))) {
        *ret = pop(class);
        return SYS_ERR_OK;
    }
    // What comes back into the stock lies at a multiple of its size.
    const gensize_t wanted = class < CLASSES ? bytes : alignment;
    errval_t err = make_one(bytes, wanted, ret);
    if (err_is_fail(err) && wanted > alignment) {
        err = make_one(bytes, alignment, ret);
    }
    if (err_is_fail(err) && stock.bytes > 0) {
        dissolve_stock();
        err = make_one(bytes, alignment, ret);
    }
    return err;
}

errval_t piece_put(struct piece *piece)
{
    const unsigned class = class_of(piece->bytes);
    if (class == CLASSES || piece->base % piece->bytes || stock.bytes + piece->bytes > most_stock_bytes()) {
        return give_to_allocator(piece);
    }
    push(class, piece);
    return SYS_ERR_OK;
}
