#include "napi/modules.hpp"

namespace pinsage::binding {

void init_tensor(Napi::Env, Napi::Object) {}

}  // namespace pinsage::binding
