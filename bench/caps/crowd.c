#include <aos/aos.h>
#include <caps/crowd.h>
#include <caps/longest.h>
#include <rt/syscall.h>

#define CROWD          100000
#define CROWD_TRACED   2000
#define CNODES         (ROUND_UP(CROWD, L2_CNODE_SLOTS) / L2_CNODE_SLOTS)
#define RING_ALIGNMENT 16
#define RING_SLOTS     1024 ///< The largest: all sizes up to it give different endpoints.
#define FIRST_RING     ROUND_UP(sizeof(struct dispatcher_shared), RING_ALIGNMENT)

/* Where in the memory what begins. */
#define L1_SLOTS      512UL
#define AT_CNODES     (L1_SLOTS * CNODE_SLOT_BYTES)
#define AT_DISPATCHER (AT_CNODES + CNODES * OBJSIZE_L2CNode)
#define AT_VSPACE     (AT_DISPATCHER + BASE_PAGE_SIZE)
#define AT_FRAME      (AT_VSPACE + BASE_PAGE_SIZE)
#define FRAME_BYTES   0x40000UL
#define AT_NEAR       (AT_FRAME + FRAME_BYTES)
#define NEAR_COUNT    RETYPE_MAX_COUNT ///< As many objects as one kernel entry makes.
#define CROWD_BYTES   (AT_NEAR + NEAR_COUNT * BASE_PAGE_SIZE)

/// Slots of our own.
enum {
    CSPACE,
    DISPATCHER,
    VSPACE,
    FRAME,
    SOURCE,
    DEST,
    NEAR,
    SLOTS = NEAR + NEAR_COUNT
};

static struct {
    bool made;
    struct capref ram;
    struct capref slots; ///< The first of SLOTS.
    gensize_t next_ring; ///< A ring that no endpoint has yet.
    uint64_t next_ring_slots;
    uint64_t longest; ///< Of the kernel entries that took it away.
} crowd;

static struct capref own(unsigned i)
{
    struct capref slot = crowd.slots;
    slot.slot += i;
    return slot;
}

/// Where the crowd's i-th capability stands.
static struct capref member(unsigned i)
{
    return capref_make(get_cap_addr(own(CSPACE)), i / L2_CNODE_SLOTS, i % L2_CNODE_SLOTS);
}

static errval_t make_objects(void)
{
    static const struct {
        unsigned slot;
        enum objtype type;
        gensize_t offset;
        gensize_t bytes;
    } objects[] = {
        {CSPACE, ObjType_L1CNode, 0, L1_SLOTS * CNODE_SLOT_BYTES},
        {DISPATCHER, ObjType_Dispatcher, AT_DISPATCHER, 0},
        {VSPACE, ObjType_VNode_AARCH64_l0, AT_VSPACE, 0},
        {FRAME, ObjType_Frame, AT_FRAME, FRAME_BYTES},
    };
    errval_t err = SYS_ERR_OK;
    for (unsigned i = 0; i < ARRAY_LENGTH(objects) && err_is_ok(err); i++) {
        err = cap_retype(own(objects[i].slot), crowd.ram, objects[i].offset, objects[i].type,
                         objects[i].bytes, 1);
    }
    return err_is_ok(err) ? cap_retype(capref_make_l1(get_cap_addr(own(CSPACE)), 0), crowd.ram, AT_CNODES,
                                       ObjType_L2CNode, 0, CNODES)
                          : err;
}

/// A dispatcher that never runs: endpoints need its frame. It is set up with our own CSpace, so that nobody
/// but us holds the crowd's.
static errval_t make_dispatcher(void)
{
    uint64_t spaces = get_cap_addr(cap_root) | (uint64_t)get_cap_addr(own(VSPACE)) << 32;
    errval_t err = sys_invoke(get_cap_addr(own(DISPATCHER)), DISPATCHER_SETUP, spaces,
                              get_cap_addr(own(FRAME)), USER_DISPATCHER, 0, 0, 0)
                       .err;
    return err_is_ok(err) ? cap_retype(own(SOURCE), own(DISPATCHER), 0, ObjType_EndPoint, 0, 1) : err;
}

/// An endpoint that is not like any before.
static errval_t mint_next(struct capref dest)
{
    gensize_t bytes = sizeof(struct lmp_ring) + crowd.next_ring_slots * sizeof(struct lmp_slot);
    if (crowd.next_ring + bytes > FRAME_BYTES) {
        crowd.next_ring = FIRST_RING;
        crowd.next_ring_slots *= 2;
    }
    errval_t err = cap_mint(dest, own(SOURCE), crowd.next_ring, crowd.next_ring_slots);
    crowd.next_ring += RING_ALIGNMENT;
    return err;
}

static errval_t fill(void)
{
    struct capability_info info;
    const unsigned count = err_is_ok(cap_identify(cap_trace, &info)) ? CROWD_TRACED : CROWD;
    errval_t err = SYS_ERR_OK;
    crowd.next_ring = FIRST_RING;
    crowd.next_ring_slots = 1;
    for (unsigned i = 0; i < count && err_is_ok(err); i++) {
        err = mint_next(member(i));
    }
    return err;
}

errval_t crowd_setup(const struct bench *bench)
{
    (void)bench;
    if (crowd.made) {
        return SYS_ERR_OK;
    }
    errval_t err = ram_alloc_aligned(&crowd.ram, CROWD_BYTES, OBJSIZE_L2CNode);
    if (err_is_ok(err)) {
        err = slot_alloc_range(&crowd.slots, SLOTS);
    }
    if (err_is_ok(err)) {
        err = make_objects();
    }
    if (err_is_ok(err)) {
        err = make_dispatcher();
    }
    if (err_is_ok(err)) {
        err = fill();
    }
    crowd.made = err_is_ok(err);
    return err;
}

/// What is left of it.
static errval_t discard(void)
{
    errval_t err = cap_revoke(crowd.ram);
    for (unsigned i = 0; i < SLOTS && err_is_ok(err); i++) {
        err = slot_free(own(i));
    }
    crowd.made = false;
    return err_is_ok(err) ? ram_free(crowd.ram) : err;
}

errval_t crowd_copy_sample(const struct bench *bench, struct bench_sample *sample)
{
    (void)bench;
    uint64_t begin = cycle_count();
    errval_t err = cap_copy(own(DEST), member(CROWD_TRACED / 2));
    sample->end = cycle_count();
    sample->begin = begin;
    return err;
}

errval_t crowd_mint_sample(const struct bench *bench, struct bench_sample *sample)
{
    (void)bench;
    uint64_t begin = cycle_count();
    errval_t err = mint_next(own(DEST));
    sample->end = cycle_count();
    sample->begin = begin;
    return err;
}

errval_t crowd_retype_sample(const struct bench *bench, struct bench_sample *sample)
{
    (void)bench;
    uint64_t begin = cycle_count();
    errval_t err = cap_retype(own(NEAR), crowd.ram, AT_NEAR, ObjType_RAM, BASE_PAGE_SIZE, NEAR_COUNT);
    sample->end = cycle_count();
    sample->begin = begin;
    return err;
}

errval_t crowd_empty_dest(const struct bench *bench)
{
    (void)bench;
    return cap_delete(own(DEST));
}

errval_t crowd_empty_near(const struct bench *bench)
{
    (void)bench;
    errval_t err = SYS_ERR_OK;
    for (unsigned i = 0; i < NEAR_COUNT && err_is_ok(err); i++) {
        err = cap_delete(own(NEAR + i));
    }
    return err;
}

/// Makes a crowd if there is none and takes it away.
static errval_t take_away(const struct bench *bench, unsigned command, unsigned slot)
{
    struct bench_sample sample;
    errval_t err = crowd_setup(bench);
    if (err_is_ok(err)) {
        err = longest_entry(command, own(slot), &sample);
        crowd.longest = sample.end - sample.begin;
    }
    return err_is_ok(err) ? discard() : err;
}

errval_t crowd_revoke(const struct bench *bench)
{
    return take_away(bench, CNODE_REVOKE, DISPATCHER);
}

errval_t crowd_delete(const struct bench *bench)
{
    return take_away(bench, CNODE_DELETE, CSPACE);
}

errval_t crowd_sample(const struct bench *bench, struct bench_sample *sample)
{
    (void)bench;
    *sample = (struct bench_sample){.end = crowd.longest};
    return SYS_ERR_OK;
}
