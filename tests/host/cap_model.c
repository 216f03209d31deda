#include "cap_model.h"

#include "check.h"
#include "fake_kernel.h"

#include <abi/syscall.h>
#include <cap/captable.h>
#include <cap/mdb.h>

struct cte *slots;
struct model_slot model[MODEL_SLOTS];

static unsigned lost_links; ///< Linked endpoints that were deleted.

void model_reset(void)
{
    slots = arena_take_slots(MODEL_SLOTS);
    lost_links = 0;
    for (int i = 0; i < MODEL_SLOTS; i++) {
        model[i] = (struct model_slot){.partner = NOWHERE};
    }
}

void model_create(int slot, unsigned type, uint64_t base, uint64_t bytes)
{
    caps_create(&slots[slot], type, base, bytes);
    model[slot] = (struct model_slot){
        .type = type, .base = base, .bytes = bytes, .rights = CAPRIGHTS_ALL, .partner = NOWHERE};
}

void model_forget(int slot)
{
    lost_links += model_is_linked(slot);
    const int partner = model[slot].partner;
    if (partner != NOWHERE) {
        model[partner].partner = NOWHERE;
        if (model_is_mapping(model[partner].type)) {
            model[partner] = (struct model_slot){.partner = NOWHERE};
        }
    }
    model[slot] = (struct model_slot){.partner = NOWHERE};
}

void refuse_if(struct verdict *verdict, bool condition, errval_t err)
{
    if (condition) {
        verdict->errors[verdict->count++] = err;
    }
}

bool judge(const struct verdict *verdict, errval_t err, const char *operation)
{
    if (verdict->count == 0 && err_is_ok(err)) {
        return true;
    }
    for (unsigned i = 0; i < verdict->count; i++) {
        if (verdict->errors[i] == err) {
            return false;
        }
    }
    fail_msg("%s: %s, the model expects %s", operation, err_getcode(err),
             verdict->count ? err_getcode(verdict->errors[0]) : "success");
    return false;
}

static bool same_object(const struct model_slot *a, const struct model_slot *b)
{
    return a->type == b->type && a->base == b->base && a->bytes == b->bytes
           && a->ring_offset == b->ring_offset && a->ring_slots == b->ring_slots;
}

bool model_is_last_copy(int slot)
{
    for (int i = 0; i < MODEL_SLOTS; i++) {
        if (i != slot && model[i].type != ObjType_Null && same_object(&model[i], &model[slot])) {
            return false;
        }
    }
    return true;
}

bool model_is_linked(int slot)
{
    return model[slot].type == ObjType_EndPoint && model[slot].ring_offset != 0
           && !(model[slot].rights & CAPRIGHTS_GRANT);
}

bool model_is_mapping(unsigned type)
{
    return captable[type].region == REGION_PTE;
}

bool model_has_descendant_in(const struct model_slot *source, uint64_t start, uint64_t end)
{
    for (int i = 0; i < MODEL_SLOTS; i++) {
        const struct model_slot *m = &model[i];
        const bool below = m->bytes < source->bytes || (m->bytes == source->bytes && m->type > source->type);
        if (m->type != ObjType_Null && captable[m->type].region == captable[source->type].region && below
            && m->base < end && m->base + m->bytes > start) {
            return true;
        }
    }
    return false;
}

bool model_goes_with(int slot, int source)
{
    const struct model_slot *m = &model[slot], *s = &model[source];
    if (slot == source || m->type == ObjType_Null) {
        return false;
    }
    const bool below = m->bytes < s->bytes || (m->bytes == s->bytes && m->type > s->type);
    const bool inside = captable[m->type].region == captable[s->type].region && m->base >= s->base
                        && m->base + m->bytes <= s->base + s->bytes;
    const bool copies = s->rights & CAPRIGHTS_CONTROL;
    return (copies && same_object(m, s)) || (below && inside && s->type != ObjType_EndPoint);
}

static void check_page_table(const struct model_slot *vnode)
{
    uint64_t expected[512] = {0};
    const unsigned level = vnode->type - ObjType_VNode_AARCH64_l0;
    for (int i = 0; i < MODEL_SLOTS; i++) {
        const struct model_slot *m = &model[i];
        if (m->type == ObjType_Null || !model_is_mapping(m->type) || m->base < vnode->base
            || m->base >= vnode->base + 4096) {
            continue;
        }
        const struct model_slot *source = &model[m->partner];
        const bool leaf = source->type == ObjType_Frame;
        for (uint64_t e = 0; e < m->bytes / 8; e++) {
            const lpaddr_t target = source->base + m->offset + (e << (39 - 9 * level));
            expected[(m->base - vnode->base) / 8 + e] = fake_pte(level, target, leaf, false, m->flags[e]);
        }
    }
    assert_memory_equal(phys_to_virt(vnode->base), expected, sizeof expected);
}

void model_compare(bool page_tables)
{
    assert_sound();
    assert_int_equal(fake_kernel.lost_links, lost_links);
    for (int i = 0; i < MODEL_SLOTS; i++) {
        const struct capability *cap = &slots[i].cap;
        assert_int_equal(cap->type, model[i].type);
        if (model[i].type == ObjType_Null) {
            continue;
        }
        assert_int_equal(cap->base, model[i].base);
        assert_int_equal(cap->bytes, model[i].bytes);
        assert_int_equal(cap->rights, model[i].rights);
        assert_int_equal(mdb_has_copies(&slots[i]), !model_is_last_copy(i));
        if (model[i].type == ObjType_EndPoint) {
            assert_int_equal(cap->aux32, model[i].ring_offset);
            assert_int_equal(cap->aux64, model[i].ring_slots);
        } else {
            assert_int_equal(cap->aux32,
                             model[i].partner == NOWHERE ? 0 : mdb_link(&slots[model[i].partner]));
        }
        if (page_tables && objtype_is_in(model[i].type, OBJTYPES_VNODE)) {
            check_page_table(&model[i]);
        }
    }
}

bool model_has_mapping_in(const struct model_slot *vnode, uint64_t entry, uint64_t count)
{
    for (int i = 0; i < MODEL_SLOTS; i++) {
        if (model[i].type != ObjType_Null && model_is_mapping(model[i].type)
            && model[i].base < vnode->base + (entry + count) * 8
            && model[i].base + model[i].bytes > vnode->base + entry * 8) {
            return true;
        }
    }
    return false;
}
