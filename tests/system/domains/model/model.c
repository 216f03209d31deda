#include "model.h"

struct model_slot model[MODEL_SLOTS];

static bool same_object(const struct model_slot *a, const struct model_slot *b)
{
    return a->type == b->type && a->base == b->base && a->bytes == b->bytes;
}

/// Can have been made from it, to judge by size and type alone.
static bool is_below(const struct model_slot *slot, const struct model_slot *source)
{
    return slot->bytes < source->bytes || (slot->bytes == source->bytes && slot->type > source->type);
}

static bool lies_in_memory(const struct model_slot *slot)
{
    return slot->type != ObjType_Null && !is_mapping(slot);
}

bool model_is_used(const struct model_slot *source, genpaddr_t begin, genpaddr_t end)
{
    for (int i = 0; i < MODEL_SLOTS; i++) {
        if (lies_in_memory(&model[i]) && is_below(&model[i], source) && overlaps(&model[i], begin, end)) {
            return true;
        }
    }
    return false;
}

bool model_goes_with(int slot, int source)
{
    const struct model_slot *s = &model[source];
    if (slot == source || !lies_in_memory(&model[slot])) {
        return false;
    }
    const bool copies = s->rights & CAPRIGHTS_CONTROL;
    return (copies && same_object(&model[slot], s))
           || (is_below(&model[slot], s) && overlaps(&model[slot], s->base, s->base + s->bytes));
}

static bool is_last_copy(int slot)
{
    for (int i = 0; i < MODEL_SLOTS; i++) {
        if (i != slot && same_object(&model[i], &model[slot])) {
            return false;
        }
    }
    return true;
}

static void unmap(int mapping)
{
    model[model[mapping].partner].partner = NOWHERE;
    model[mapping] = (struct model_slot){.partner = NOWHERE};
}

void model_forget(int slot)
{
    if (is_mapping(&model[slot])) {
        unmap(slot);
        return;
    }
    if (model[slot].partner != NOWHERE) {
        unmap(model[slot].partner);
    }
    const struct model_slot gone = model[slot];
    if (gone.type == ObjType_VNode_AARCH64_l3 && is_last_copy(slot)) {
        for (int i = 0; i < MODEL_SLOTS; i++) {
            if (is_mapping(&model[i]) && overlaps(&model[i], gone.base, gone.base + gone.bytes)) {
                unmap(i);
            }
        }
    }
    model[slot] = (struct model_slot){.partner = NOWHERE};
}
