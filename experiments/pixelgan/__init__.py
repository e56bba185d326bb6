"""The experiments of PixelGAN Autoencoders."""
