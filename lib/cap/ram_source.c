/**
 * Where a domain gets more RAM from when it runs short, and gives it back.
 *
 * One thread at a time is in the source, with the mutex held; others that need memory wait for it, and try
 * again then. Nobody comes here in a section or in a refill: a refill lives on the store, which is filled
 * before it gets empty, by whoever enters a section next (section_supply). A thread that is in the source and
 * allocates gets what is there.
 */
#include <aos/capabilities.h>
#include <aos/ram_alloc.h>
#include <aos/slot_alloc.h>
#include <aos/sync.h>
#include <cap/ram.h>
#include <mm/ranges.h>
#include <section/section.h>
#include <threads/stacks.h>

/* What is borrowed at a time: as much as is borrowed already, within these. */
#define LEAST_BYTES 0x40000UL
#define MOST_BYTES  0x400000UL

/// Stack that a source may use: about one and a half times what a remote call has been seen to, with a refill
/// in it.
#define STACK_BYTES 0x1800

/// More is in no machine (Armv8 ARM D8.1.2), and rounds without overflow.
#define ADDRESSES (1UL << 52)

static struct {
    struct thread_mutex mutex;
    struct ram_source remote;  ///< As ram_alloc_set_source() set it,
    struct ram_source current; ///< and what is in force.
    ram_alloc_func_t function;
    unsigned generation; ///< How often memory was borrowed.
} source;

/// The calling thread is in the source.
static _Thread_local bool is_asking;

unsigned ram_source_generation(void)
{
    return __atomic_load_n(&source.generation, __ATOMIC_ACQUIRE);
}

/// May the calling thread go to the source at all? In the middle of it its stack must not need memory.
static bool may_ask(void)
{
    return source.current.get && !is_asking && !section_refilling() && !section_current()
           && thread_stack_prepare(STACK_BYTES);
}

static gensize_t step_bytes(void)
{
    gensize_t bytes = LEAST_BYTES;
    while (bytes < MOST_BYTES && 2 * bytes <= ram_alloc_borrowed_bytes()) {
        bytes *= 2;
    }
    return bytes;
}

/// With the mutex held.
static void give(struct capref cap, genpaddr_t base, gensize_t bytes)
{
    cap_destroy(cap);
    if (source.current.give_back) {
        // What is refused is lost to us, and the source's at our end.
        (void)source.current.give_back(source.current.context, base, bytes);
    }
}

/// With the mutex held.
static errval_t borrow(gensize_t bytes, gensize_t alignment, bool for_store)
{
    struct capref cap;
    struct capability_info info = {0};
    const struct ram_source *from = &source.current;
    alignment = alignment < OBJSIZE_L2CNode ? OBJSIZE_L2CNode : alignment;
    is_asking = true;
    errval_t err = from->get(from->context, bytes, alignment, &cap);
    if (err_is_ok(err)) {
        err = cap_identify(cap, &info);
        if (err_is_ok(err)) {
            struct ram_range range = {.base = info.base, .bytes = info.bytes, .cap = cap};
            err = info.type == ObjType_RAM ? ram_borrow(&range, for_store, from->give_back) : MM_ERR_TYPE;
        }
        if (err_is_fail(err)) {
            give(cap, info.base, info.bytes);
        } else {
            __atomic_store_n(&source.generation, source.generation + 1, __ATOMIC_RELEASE);
        }
    }
    is_asking = false;
    return err;
}

errval_t ram_source_grow(gensize_t bytes, gensize_t alignment, unsigned generation)
{
    errval_t err = SYS_ERR_OK;
    if (!may_ask() || bytes > ADDRESSES || alignment > ADDRESSES) {
        return MM_ERR_OUT_OF_MEMORY;
    }
    ranges_room(&bytes, &alignment);
    thread_mutex_lock(&source.mutex);
    if (generation == source.generation) {
        // Less and less, where there is not so much: few large regions are better than many small ones.
        gensize_t step = step_bytes();
        do {
            err = borrow(step > bytes ? step : bytes, alignment, false);
            step /= 2;
        } while (err_is_fail(err) && 2 * step > bytes && err_no(err) != RPC_ERR_PEER_GONE);
    }
    thread_mutex_unlock(&source.mutex);
    return err;
}

/// Fills the store: from the source, or if that refuses from what is free. With the mutex held.
static bool fill_store(gensize_t bytes)
{
    bool filled = err_is_ok(borrow(bytes, OBJSIZE_L2CNode, true)) || ram_fill_store(bytes);
    if (!filled) {
        ram_watch_store(true);
    }
    return filled;
}

/**
 * What enters a section calls first when the store is low, and when it had no success.
 *
 * \param failed it found too little, or nothing that lies as it must
 */
static bool supply(bool failed)
{
    unsigned generation = ram_source_generation();
    if ((!failed && !section_is_low) || !may_ask()) {
        return false;
    }
    if (failed) {
        thread_mutex_lock(&source.mutex);
    } else if (!thread_mutex_trylock(&source.mutex)) {
        return false; // Another thread sees to it, and there is enough yet.
    }
    bool filled = true;
    if (generation == source.generation) {
        // A store that is not low is too small in one piece for what failed.
        filled = fill_store(failed && !section_is_low ? 4 * RAM_STORE_BYTES : RAM_STORE_BYTES);
    }
    thread_mutex_unlock(&source.mutex);
    return filled;
}

void ram_source_return_idle(void)
{
    struct ram_range range;
    if (!ram_has_idle() || !may_ask() || !thread_mutex_trylock(&source.mutex)) {
        return;
    }
    is_asking = true;
    while (source.current.give_back && ram_return_one(&range)) {
        give(range.cap, range.base, range.bytes);
    }
    is_asking = false;
    thread_mutex_unlock(&source.mutex);
}

/// Puts a source in force.
static void use(struct ram_source next)
{
    thread_mutex_lock(&source.mutex);
    source.current = next;
    thread_mutex_unlock(&source.mutex);
    if (next.get) {
        section_supply = supply;
        ram_watch_store(false);
        (void)ram_fill_store(RAM_STORE_BYTES); // If there is not so much, the source gives it.
    }
}

void ram_alloc_set_source(const struct ram_source *remote)
{
    source.remote = *remote;
    use(source.remote);
}

static errval_t get_by_function(void *context, gensize_t bytes, gensize_t alignment, struct capref *ret)
{
    (void)context;
    return source.function(ret, bytes, alignment);
}

errval_t ram_alloc_set(ram_alloc_func_t function)
{
    if (!function && !source.remote.get) {
        return LIB_ERR_RAM_ALLOC_NO_SOURCE;
    }
    const struct ram_source by_function = {.get = get_by_function};
    source.function = function;
    use(function ? by_function : source.remote);
    return SYS_ERR_OK;
}
