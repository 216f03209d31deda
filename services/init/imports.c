#include "imports.h"

#include "recall.h"

#include <aos/aos.h>
#include <aos/core.h>
#include <stdlib.h>

/// Memory of another core of which there are capabilities here. The monitor's own has all rights, so that it
/// can delete the others.
struct import {
    enum objtype type;
    genpaddr_t base;
    gensize_t bytes;
    struct import *next;
};

static struct import *imports;

static struct import *find(enum objtype type, genpaddr_t base, gensize_t bytes)
{
    struct import *import = imports;
    while (import && (import->type != type || import->base != base || import->bytes != bytes)) {
        import = import->next;
    }
    return import;
}

static bool overlaps(const struct import *import, genpaddr_t base, gensize_t bytes)
{
    return import->base < base + bytes && base < import->base + import->bytes;
}

static errval_t create(enum objtype type, unsigned rights, genpaddr_t base, gensize_t bytes,
                       struct capref *ret)
{
    errval_t err = slot_alloc(ret);
    if (err_is_ok(err)) {
        err = kernel_create_capability(*ret, type, rights, base, bytes);
        if (err_is_fail(err)) {
            slot_free(*ret);
        }
    }
    return err;
}

/// Deletes all that there is here of a range, whoever has it: a copy with all rights can do that.
static void delete(struct import *import)
{
    struct capref all;
    struct import **link = &imports;
    while (*link != import) {
        link = &(*link)->next;
    }
    *link = import->next;
    errval_t err = create(import->type, CAPRIGHTS_ALL, import->base, import->bytes, &all);
    if (err_is_ok(err)) {
        err = cap_revoke(all);
        cap_discard(all);
    }
    if (err_is_fail(err)) {
        DEBUG_ERR(err, "deleting what was made of another core's memory");
    }
    free(import);
}

void imports_delete(genpaddr_t base, gensize_t bytes)
{
    struct import *next;
    for (struct import *import = imports; import; import = next) {
        next = import->next;
        if (overlaps(import, base, bytes)) {
            delete (import);
        }
    }
}

static errval_t note(enum objtype type, genpaddr_t base, gensize_t bytes)
{
    struct import *import = malloc(sizeof(*import));
    if (!import) {
        return LIB_ERR_MALLOC_FAIL;
    }
    *import = (struct import){.type = type, .base = base, .bytes = bytes, .next = imports};
    imports = import;
    return SYS_ERR_OK;
}

errval_t import_cap(enum objtype type, unsigned rights, genpaddr_t base, gensize_t bytes, struct capref *ret)
{
    // RAM is wholly the receiver's now, and a frame its sender's.
    rights = type == ObjType_RAM ? CAPRIGHTS_ALL : rights & ~CAPRIGHTS_CONTROL;
    if (!find(type, base, bytes) && err_is_fail(note(type, base, bytes))) {
        return LIB_ERR_MALLOC_FAIL;
    }
    errval_t err = create(type, rights, base, bytes, ret);
    if (err_no(err) == SYS_ERR_CREATE_OVERLAP) {
        // Its core has made something else of the memory: what is left of it here is of no use to anybody.
        imports_delete(base, bytes);
        err = create(type, rights, base, bytes, ret);
        if (err_is_ok(err)) {
            err = note(type, base, bytes);
            if (err_is_fail(err)) {
                cap_discard(*ret);
            }
        }
    }
    return err;
}

errval_t import_frame(genpaddr_t base, gensize_t bytes, struct capref *ret)
{
    imports_delete(base, bytes); // of an earlier channel, if its end got lost
    return create(ObjType_Frame, CAPRIGHTS_ALL, base, bytes, ret);
}

void import_drop(struct capref frame)
{
    errval_t err = cap_revoke(frame);
    if (err_is_fail(err)) {
        DEBUG_ERR(err, "deleting copies of a channel's memory");
    }
    cap_discard(frame);
}

errval_t export_prepare(struct capref cap, coreid_t core, bool may_move_ram, struct capability_info *info)
{
    errval_t err = cap_identify(cap, info);
    if (err_is_fail(err)) {
        return err;
    }
    if (info->type != ObjType_Frame && !(info->type == ObjType_RAM && may_move_ram)) {
        return MON_ERR_CAP_TYPE;
    }
    for (const struct import *import = imports; import; import = import->next) {
        if (import->type == ObjType_Frame && overlaps(import, info->base, info->bytes)) {
            return MON_ERR_CAP_FOREIGN;
        }
    }
    err = recall_note(core, info->base, info->bytes);
    // If it is still there now, whoever takes the memory back later sees the note.
    return err_is_ok(err) ? cap_identify(cap, info) : err;
}
