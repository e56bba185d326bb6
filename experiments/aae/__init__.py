"""The experiments of the paper Adversarial Autoencoders, one file each, and what they share."""
