#pragma once

#include <memory>
#include <vector>

#include "base/guarded.h"
#include "layer/codec.h"

namespace stamp::build {

/// The memory of an encoder and of decoders, which a thread uses for one segment after the other.
struct CodecContexts {
  layer::EncoderContext encoder;
  layer::DecoderContext decoder;
};

/// Lends codec memory: no more of it is ever made than threads ask for at one time.
class CodecContextPool final {
 public:
  /// Codec memory that goes back to the pool, which must outlive this.
  class Loan {
   public:
    Loan(CodecContextPool& pool, std::unique_ptr<CodecContexts> contexts)
        : pool_(pool), contexts_(std::move(contexts)) {}
    Loan(const Loan&) = delete;
    Loan& operator=(const Loan&) = delete;
    ~Loan() { pool_.free_.lock()->push_back(std::move(contexts_)); }
    CodecContexts& operator*() { return *contexts_; }
    CodecContexts* operator->() { return contexts_.get(); }

   private:
    CodecContextPool& pool_;
    std::unique_ptr<CodecContexts> contexts_;
  };

  Loan borrow() {
    auto free = free_.lock();
    if (free->empty()) return Loan(*this, std::make_unique<CodecContexts>());
    std::unique_ptr<CodecContexts> contexts = std::move(free->back());
    free->pop_back();
    return Loan(*this, std::move(contexts));
  }
  /// Gives the memory back that nobody uses.
  void clear() { free_.lock()->clear(); }

 private:
  Guarded<std::vector<std::unique_ptr<CodecContexts>>> free_;
};

}  // namespace stamp::build
