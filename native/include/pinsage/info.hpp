#pragma once

namespace pinsage {

/// The library that matrix products run on: "oneDNN", "BLAS" or "plain loop".
const char* blas_name();

}  // namespace pinsage
