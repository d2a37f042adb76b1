#include "napi/modules.hpp"

namespace pinsage::binding {

void init_files(Napi::Env, Napi::Object) {}

}  // namespace pinsage::binding
