#include "recall.h"

#include "cores.h"
#include "imports.h"
#include "intermon.h"
#include "shared_memory.h"

#include <aos/aos.h>
#include <cap/recall.h>
#include <stdlib.h>

/// A range that was sent.
struct export
{
    genpaddr_t base;
    gensize_t bytes;
    uint64_t cores; ///< Where: bit n is core n.
    struct export *next;
};

/// A range that is being taken back.
struct recalling {
    uint64_t number;
    genpaddr_t base;
    gensize_t bytes;
    uint64_t cores; ///< That have not answered.
    void (*done)(void *argument);
    void *argument;
    struct recalling *next;
};

static struct {
    struct export *exports;
    struct recalling *under_way;
    uint64_t last_number;
    struct capref frame; ///< Of the map; made when something is sent for the first time, or it is asked for.
    uint64_t *map;
} recalls;

static bool overlaps(const struct export *export, genpaddr_t base, gensize_t bytes)
{
    return export->base < base + bytes && base < export->base + export->bytes;
}

static errval_t make_map(void)
{
    void *memory;
    if (recalls.map) {
        return SYS_ERR_OK;
    }
    errval_t err = shared_memory_make(RECALL_MAP_BYTES, &recalls.frame, &memory);
    if (err_is_ok(err)) {
        recalls.map = memory;
    }
    return err;
}

errval_t recall_grant_map(struct capref *ret)
{
    errval_t err = make_map();
    if (err_is_ok(err)) {
        err = slot_alloc(ret);
    }
    if (err_is_ok(err)) {
        err = cap_mint(*ret, recalls.frame, CAPRIGHTS_READ, 0);
        if (err_is_fail(err)) {
            slot_free(*ret);
        }
    }
    return err;
}

static void mark(genpaddr_t base, gensize_t bytes)
{
    for (genpaddr_t grain = base / RECALL_GRAIN_BYTES; grain <= (base + bytes - 1) / RECALL_GRAIN_BYTES;
         grain++) {
        const size_t bit = grain % RECALL_MAP_BITS;
        __atomic_fetch_or(&recalls.map[bit / 64], 1UL << bit % 64, __ATOMIC_SEQ_CST);
    }
}

/// The map again, from what is left.
static void mark_all(void)
{
    for (size_t i = 0; i < RECALL_MAP_BITS / 64; i++) {
        __atomic_store_n(&recalls.map[i], 0, __ATOMIC_SEQ_CST);
    }
    for (const struct export *export = recalls.exports; export; export = export->next) {
        mark(export->base, export->bytes);
    }
}

errval_t recall_note(coreid_t core, genpaddr_t base, gensize_t bytes)
{
    errval_t err = make_map();
    if (err_is_fail(err)) {
        return err;
    }
    struct export *export = recalls.exports;
    while (export && (export->base != base || export->bytes != bytes)) {
        export = export->next;
    }
    if (!export) {
        export = malloc(sizeof(*export));
        if (!export) {
            return LIB_ERR_MALLOC_FAIL;
        }
        *export = (struct export){.base = base, .bytes = bytes, .next = recalls.exports};
        recalls.exports = export;
        mark(base, bytes);
    }
    export->cores |= 1UL << core;
    return SYS_ERR_OK;
}

/// Where there may be something of a range.
static uint64_t cores_of(genpaddr_t base, gensize_t bytes)
{
    uint64_t cores = 0;
    for (const struct export *export = recalls.exports; export; export = export->next) {
        cores |= overlaps(export, base, bytes) ? export->cores : 0;
    }
    return cores;
}

/// Everything that lies in the range is known here only; what reaches beyond it may still be elsewhere, in
/// part.
static void forget(genpaddr_t base, gensize_t bytes)
{
    bool any = false;
    for (struct export **link = &recalls.exports; *link;) {
        struct export *export = *link;
        if (export->base >= base && export->base + export->bytes <= base + bytes) {
            *link = export->next;
            free(export);
            any = true;
        } else {
            link = &export->next;
        }
    }
    if (any) {
        mark_all();
    }
}

static void finish(struct recalling *recalling)
{
    struct recalling **link = &recalls.under_way;
    while (*link != recalling) {
        link = &(*link)->next;
    }
    *link = recalling->next;
    forget(recalling->base, recalling->bytes);
    recalling->done(recalling->argument);
    free(recalling);
}

bool recall_has_any(void)
{
    return recalls.exports != NULL;
}

errval_t recall(genpaddr_t base, gensize_t bytes, void (*done)(void *argument), void *argument)
{
    const uint64_t cores = cores_of(base, bytes);
    if (cores == 0) {
        done(argument);
        return SYS_ERR_OK;
    }
    struct recalling *recalling = malloc(sizeof(*recalling));
    if (!recalling) {
        return LIB_ERR_MALLOC_FAIL;
    }
    *recalling = (struct recalling){
        .number = ++recalls.last_number,
        .base = base,
        .bytes = bytes,
        .done = done,
        .argument = argument,
        .next = recalls.under_way,
    };
    recalls.under_way = recalling;
    const struct intermon_message message = {.kind = INTERMON_REVOKE,
                                             .word = {recalling->number, base, bytes}};
    for (unsigned core = 0; core < CORES_MAX; core++) {
        if (cores >> core & 1 && err_is_ok(intermon_send((coreid_t)core, &message))) {
            recalling->cores |= 1UL << core;
        }
    }
    if (recalling->cores == 0) {
        finish(recalling);
    }
    return SYS_ERR_OK;
}

static void handle_revoke(coreid_t from, const struct intermon_message *message)
{
    const struct intermon_message answer = {.kind = INTERMON_REVOKED, .word = {message->word[0]}};
    imports_delete(message->word[1], message->word[2]);
    intermon_send(from, &answer);
}

static void handle_revoked(coreid_t from, const struct intermon_message *message)
{
    struct recalling *recalling = recalls.under_way;
    while (recalling && recalling->number != message->word[0]) {
        recalling = recalling->next;
    }
    if (recalling) {
        recalling->cores &= ~(1UL << from);
        if (recalling->cores == 0) {
            finish(recalling);
        }
    }
}

void recall_init(void)
{
    intermon_handle(INTERMON_REVOKE, handle_revoke);
    intermon_handle(INTERMON_REVOKED, handle_revoked);
}
